from .delimited import Delimited as Delimited
from .delimited import parse_delimited as parse_delimited
from .delimited import read_delimited as read_delimited
from .files import MAX_BYTES as MAX_BYTES
from .files import UserFile as UserFile
from .files import open_file as open_file
from .formats import content_kind as content_kind
from .formats import format_of as format_of
