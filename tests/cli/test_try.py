"""``geoframe try``: natural first files, each with the method that suits it best."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from geoframe.config import TomlTable, apply_overrides
from geoframe_registry import trying
from geoframe_registry.configs import configure

rng = np.random.default_rng(0)
POINTS = rng.normal(size=(12, 2))
MATRIX = np.linalg.norm(POINTS[:, None] - POINTS, axis=-1)


def edges(path):
    path.write_text("source,target,weight\na,b,1\na,c,2\nb,d,1\nc,d,3\n")


def courses(path):
    path.write_text("course;prerequisite\nB;A\nC;A\nD;B\nD;C\nE;D\n")


def bare_edges(path):
    path.write_text("a b\na c\nb d\nc d\nd e\n")


def german(path):
    path.write_text(
        "von;nach;entfernung\nBerlin;Hamburg;289\nBerlin;Leipzig;190\nHamburg;Kiel;97\n"
    )


def spanish(path):
    path.write_text("origen,destino\nMadrid,Toledo\nMadrid,Ronda\nToledo,Ronda\nRonda,Jaca\n")


def numbered(path):
    path.write_text(
        "nr,avant,apres,jours\n1,mur,toit,3\n2,mur,porte,2\n3,sol,mur,5\n4,toit,clef,1\n"
    )


def newick(path):
    path.write_text("((lion:1,tiger:1)panthera:2,(cat:1,lynx:2)felinae:1)felidae;\n")


def taxonomy(path):
    path.write_text("parent\tchild\nanimal\tbird\nanimal\tmammal\nmammal\tcat\nmammal\tdog\n")


def gephi(path):
    nx.write_graphml(nx.DiGraph([("a", "b"), ("b", "c"), ("a", "c"), ("c", "d")]), path)


def ontology(path):
    path.write_text(
        "format-version: 1.2\n\n[Term]\nid: X:1\nname: thing\n\n"
        "[Term]\nid: X:2\nname: animal\nis_a: X:1\n\n[Term]\nid: X:3\nname: cat\nis_a: X:2\n\n"
        "[Term]\nid: X:4\nname: plant\nis_a: X:1\n"
    )


def named_matrix(path):
    names = [f"city {k}" for k in range(len(MATRIX))]
    pd.DataFrame(MATRIX, names, names).to_csv(path)


def rows(path):
    x = rng.normal(size=(90, 3))
    frame = pd.DataFrame(x, columns=["age", "weight", "dose"])
    frame.insert(0, "patient", [f"P{k:03}" for k in range(90)])
    frame["seen"] = pd.date_range("2020-01-01", periods=90).astype(str)
    frame["class"] = np.where(x[:, 0] > 0, "ill", "well")
    frame.to_csv(path, index=False)


def vectors(path):
    x = rng.normal(size=(80, 6))
    frame = pd.DataFrame(x, columns=["x1", "y1", "z1", "x2", "y2", "z2"])
    frame.assign(energy=np.linalg.norm(x, axis=1)).to_csv(path, index=False)


def reviews(path):
    texts = [
        f"this film number {k} was really very {'good' if k % 2 else 'bad'}" for k in range(40)
    ]
    pd.DataFrame({"review": texts, "label": [k % 2 for k in range(40)]}).to_csv(path, index=False)


def pictures(path):
    for kind in ("cats", "dogs"):
        (path / kind).mkdir(parents=True)
        for k in range(4):
            array = rng.integers(0, 255, (16, 16, 3), dtype=np.uint8)
            Image.fromarray(array).save(path / kind / f"{k}.png")


def arrays(path):
    np.savez(path, data=rng.normal(size=(50, 8, 8)).astype(np.float32))


def node_link(path):
    path.write_text(
        json.dumps(nx.node_link_data(nx.DiGraph([(1, 2), (2, 3), (1, 3)]), edges="edges"))
    )


def org_chart(path):
    path.write_text("employee,manager,title\nBob,Ada,CTO\nCyd,Ada,CFO\nDan,Bob,Dev\nFay,Cyd,Dev\n")


def phyloxml(path):
    path.write_text(
        '<?xml version="1.0"?><phyloxml xmlns="http://www.phyloxml.org"><phylogeny rooted="true">'
        "<clade><clade><name>A</name></clade><clade><clade><name>B</name></clade>"
        "<clade><name>C</name></clade></clade></clade></phylogeny></phyloxml>"
    )


def photos(path):
    path.mkdir()
    for k in range(4):
        array = rng.integers(0, 255, (20, 30 + k, 3), dtype=np.uint8)
        Image.fromarray(array).save(path / f"IMG_{k:04}.JPG")


def mails(path):
    for kind in ("ham", "spam"):
        (path / kind).mkdir(parents=True)
        for k in range(4):
            (path / kind / f"{k}.txt").write_text(f"This is letter {k}, and it is {kind}.")


def places(path):
    pd.DataFrame(rng.normal(size=(30, 2)), columns=["x", "y"]).to_csv(path)


def instructions(path):
    lines = [{"instruction": f"Please add one to {k}.", "output": f"{k + 1}."} for k in range(20)]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))


def parquet(path):
    frame = pd.DataFrame(rng.normal(size=(60, 3)), columns=list("abc"))
    frame.assign(label=rng.choice(["p", "q"], 60)).to_parquet(path)


def mileage(path):
    path.write_text(",Rome,Milan,Turin\nRome,0,,\nMilan,570,0,\nTurin,690,140,0\n")


def texts(text):
    """A writer of a text file."""
    return lambda path: path.write_text(text)


def survey(path):
    """What a form exports: a moment with words in it, texts of choices, and answers."""
    frame = pd.DataFrame(
        {
            "Timestamp": [f"2024/03/{1 + k % 28:02} 10:{k % 60:02}:00 AM GMT+1" for k in range(40)],
            "I like it": rng.choice(["agree", "neutral", "disagree"], 40),
            "Would recommend?": rng.choice(["Yes", "No"], 40),
        }
    )
    frame.to_csv(path, index=False)


def expression(path):
    frame = pd.DataFrame(rng.normal(size=(40, 8)).round(3), columns=[f"s{k}" for k in range(8)])
    frame.insert(0, "gene", [f"G{k}" for k in range(40)])
    frame.to_csv(path, index=False, sep="\t")


def towns(path):
    frame = pd.DataFrame(rng.uniform(0, 50, (40, 2)).round(4), columns=["lat", "lon"])
    frame.insert(0, "city", [f"C{k}" for k in range(40)])
    frame.assign(pop=rng.choice(900_000, 40, replace=False)).to_csv(path, index=False)


def titled(path):
    rows = "".join(f"2024-01-{k:02};{k},5;{'ab'[k % 2]}\n" for k in range(1, 21))
    path.write_text(f"Sales;;\nmade on Monday;;\n;;\nday;euro;kind\n{rows}")


def titled_sheet(path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.append(["Sales 2024"])
    book.active.append(["name", "x", "kind"])
    for k in range(20):
        book.active.append([f"n{k}", k / 2, "ab"[k % 2]])
    book.save(path)


def elements(path):
    path.write_text(json.dumps(nx.cytoscape_data(nx.DiGraph([(1, 2), (2, 3), (1, 3)]))))


FILES = {
    "net.cyjs": (elements, "nst"),
    "ring.mtx": (
        texts("%%MatrixMarket matrix coordinate pattern symmetric\n4 4 4\n2 1\n3 2\n4 3\n4 1\n"),
        "snowflake",
    ),
    "out.mail": (texts("% asym unweighted\n% 4 4 4\n1 2\n1 3\n2 4\n3 4\n"), "nst"),
    "snap.txt": (texts("# Nodes: 4\n# From\tTo\n0\t1\n0\t2\n1\t3\n2\t3\n"), "nst"),
    "rules.txt": (texts("all: a b\na: c\nb: c\nc:\n"), "nst"),
    "commits.txt": (texts("a1\nb2 a1\nc3 a1\nd4 b2 c3\n"), "nst"),
    "needs.json": (texts('{"app": ["web", "db"], "web": ["core"], "db": ["core"]}'), "nst"),
    "genes.sif": (texts("TP53 pp MDM2 BAX\nMDM2 pp MDM4\nMDM4 pp BAX\n"), "nst"),
    "outline.txt": (texts("Company\n  Sales\n    North\n    South\n  Dev\n"), "hnn"),
    "list.md": (texts("- Company\n  - Sales\n    - North\n  - Dev\n"), "hnn"),
    "routes.csv": (
        texts("origin,destination,km\nA,B,2\nA,C,3\nA,D,4\nB,C,2\nB,D,3\nC,D,2\n"),
        "snowflake",
    ),
    "ratings.csv": (
        texts("user,item,rating\n" + "".join(f"{k},{k * 7 % 30},{k % 5}\n" for k in range(40))),
        "lgi",
    ),
    "form.csv": (survey, "lgi"),
    "expression.tsv": (expression, "cfdm"),
    "towns.csv": (towns, "pathways"),
    "titled.csv": (titled, "lgi"),
    "titled.xlsx": (titled_sheet, "lgi"),
    "edges.csv": (edges, "nst"),
    "courses.csv": (courses, "nst"),
    "links.txt": (bare_edges, "nst"),
    "staedte.csv": (german, "hnn"),
    "ciudades.csv": (spanish, "nst"),
    "travaux.csv": (numbered, "hnn"),
    "cats.nwk": (newick, "hnn"),
    "taxonomy.tsv": (taxonomy, "hnn"),
    "net.graphml": (gephi, "nst"),
    "things.obo": (ontology, "hnn"),
    "distances.csv": (named_matrix, "snowflake"),
    "patients.csv": (rows, "lgi"),
    "bodies.csv": (vectors, "cgenn"),
    "reviews.csv": (reviews, "asymlora"),
    "pictures": (pictures, "cfdm"),
    "fields.npz": (arrays, "cfdm"),
    "graph.json": (node_link, "nst"),
    "org.csv": (org_chart, "hnn"),
    "tree.xml": (phyloxml, "hnn"),
    "photos": (photos, "cfdm"),
    "mails": (mails, "asymlora"),
    "places.csv": (places, "cfdm"),
    "chat.jsonl": (instructions, "asymlora"),
    "rows.parquet": (parquet, "lgi"),
    "mileage.csv": (mileage, "snowflake"),
}

REMEDIES = {
    "family.csv": ("id,name,father,mother\n1,A,,\n2,B,,\n3,C,1,2\n4,D,3,\n", "python -c"),
    "points.geojson": (
        json.dumps(
            {
                "type": "FeatureCollection",
                "features": [
                    {"geometry": {"coordinates": [k, k * k % 7]}, "properties": {"name": f"p{k}"}}
                    for k in range(12)
                ],
            }
        ),
        "python -c",
    ),
    "share.csv": ("region,share\n" + "".join(f"R{k},{k}.5%\n" for k in range(9)), "sed 's/[%]//g'"),
    "feeds.opml": (
        '<opml><body><outline text="a"/></body></opml>',
        "<opml> is XML of another kind",
    ),
    "lonely.cyjs": (
        '{"elements": [{"data": {"id": "a"}}, {"data": {"source": "a", "target": "b"}}]}',
        "which is not among the nodes",
    ),
    "adjacency.csv": (",a,b,c,d\na,0,1,1,0\nb,0,0,1,0\nc,0,0,0,1\nd,0,0,0,0\n", "python -c"),
    "vectors.txt": ("2 3\ncat 0.5 1.5 2\ndog 0.1 0.2 0.3\n", "tail -n +2"),
    "graph.dot": ("digraph G {\n  a -> b;\n}\n", "export GraphML"),
    "staff.csv": ("employee,manager\nAda,\nBob,Ada\nCyd,Ada\n", "fill it or remove the line"),
}
"""What is nearly right, and what the line that refuses it says to do."""
WRITTEN = {
    "adjacency.csv": ("edges.csv", ["source,target", "a,b", "a,c", "b,c", "c,d"], "nst"),
    "family.csv": ("edges.csv", ["parent,child", "1,3", "3,4", "2,3"], "nst"),
    "points.geojson": ("points.csv", ["name,x,y", "p0,0,0", "p1,1,1", "p2,2,4"], "cfdm"),
}
"""What the command of a refusal writes: the file, how it begins, and the method that takes it."""
PYTHON = shlex.quote(sys.executable)


@pytest.mark.parametrize("name", FILES)
def test_the_method_that_suits_best_comes_first(name, geoframe, tmp_path):
    write, expected = FILES[name]
    write(tmp_path / name)
    done = geoframe("try", tmp_path / name, "--no-preview", "--no-geometry")
    assert done.exit_code == 0, done.output
    assert f"1. {expected}: " in done.output, done.output
    assert f"geoframe run {expected} --set data.path=" in done.output


@pytest.mark.parametrize("name", FILES)
def test_every_suggestion_and_preview_is_a_valid_config(name, tmp_path):
    FILES[name][0](tmp_path / name)
    found = trying.guess(tmp_path / name)
    for each in trying.candidates(found):
        advice = each.suggestion
        options = {"data.path": str(tmp_path / name), **found.options}
        for further in (advice.options, {**advice.options, **advice.preview}):
            configure(each.method, apply_overrides(TomlTable({}), {**options, **further}.items()))


def test_a_command_is_taken_by_a_shell_whatever_the_file_is_called(geoframe, tmp_path):
    path = tmp_path / 'a\'b "$(touch ran)" `touch ran`.csv'
    path.write_text(REMEDIES["adjacency.csv"][0])
    done = geoframe("try", path)
    command = "".join(done.output.partition("python -c")[1:]).replace("python", PYTHON, 1)
    subprocess.run(command, cwd=tmp_path, check=True, shell=True)
    assert (tmp_path / "edges.csv").exists()
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("name", REMEDIES)
def test_what_is_nearly_right_is_refused_with_what_to_type(name, geoframe, tmp_path):
    text, remedy = REMEDIES[name]
    (tmp_path / name).write_text(text)
    done = geoframe("try", tmp_path / name)
    assert done.exit_code == 2
    assert remedy in done.output
    if name in WRITTEN:  # what it says works
        command = "".join(done.output.partition("python -c")[1:]).replace("python", PYTHON, 1)
        subprocess.run(command, cwd=tmp_path, check=True, shell=True)
        written, lines, method = WRITTEN[name]
        assert (tmp_path / written).read_text().split()[: len(lines)] == lines
        tried = geoframe("try", tmp_path / written, "--no-preview", "--no-geometry")
        assert f"1. {method}: " in tried.output


def test_a_preview_ends_in_an_answer_and_a_command(geoframe, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    newick(tmp_path / "cats.nwk")
    done = geoframe("try", "cats.nwk", "--run-dir", "preview")
    assert done.exit_code == 0, done.output
    assert "It is a tree" in done.output
    assert "certified distortion: " in done.output
    assert "report: preview/report.html" in done.output
    assert done.output.rstrip().endswith("geoframe run hnn --set data.path=cats.nwk")


def test_no_component_of_a_vector_is_the_target(geoframe, tmp_path):
    frame = pd.DataFrame(rng.normal(size=(20, 3)), columns=list("xyz"))
    frame.assign(energy=frame.sum(axis=1)).to_csv(tmp_path / "given.csv", index=False)
    shown = geoframe("try", str(tmp_path / "given.csv"), "--no-preview").output
    assert "'energy' is taken for what is to be predicted (numbers)." in shown


@pytest.mark.parametrize("last", ["We left early in the morning.", "Well, so be it, then."])
def test_blanks_separate_no_cells_of_sentences(last, geoframe, tmp_path):
    path = tmp_path / "story.txt"
    path.write_text(f"The cat sat on the mat.\nIt was raining hard, and nobody came.\n{last}\n")
    done = geoframe("try", path, "--no-preview")
    assert done.exit_code == 2
    assert "3 lines of text, without labels." in done.output
    assert "no installed method takes texts like this" in done.output


@pytest.mark.parametrize(
    ("name", "text"), [("one.json", '[{"a": 1, "b": 2}]'), ("three.csv", "a,b\n1,x\n3,y\n5,x\n")]
)
def test_a_table_too_short_to_learn_from_is_told_before_a_method_is_named(
    name, text, geoframe, tmp_path
):
    (tmp_path / name).write_text(text)
    done = geoframe("try", tmp_path / name)
    assert done.exit_code == 2
    assert "(columns: a, b); a method needs 8 at least, one an item" in done.output


def answers(path):
    """A survey: two questions with the same answers are no edges."""
    said = rng.choice(["never", "rarely", "often", "always"], (60, 2))
    frame = pd.DataFrame(said, columns=["smokes", "drinks"])
    frame.assign(age=rng.integers(20, 80, 60)).to_csv(path, index=False)


def test_two_columns_of_the_same_categories_are_no_edges(geoframe, tmp_path):
    answers(tmp_path / "survey.csv")
    done = geoframe("try", tmp_path / "survey.csv", "--no-preview")
    assert "A table of 60 rows" in done.output, done.output


def test_what_is_nothing_known_is_one_line(geoframe, tmp_path):
    path = tmp_path / "noise.bin"
    path.write_bytes(bytes(range(256)) * 40)
    done = geoframe("try", path)
    assert done.exit_code == 2
    assert "Traceback" not in done.output
    assert geoframe("try", tmp_path / "nothing").exit_code == 2


def test_another_method_can_be_previewed_if_it_fits(geoframe, tmp_path):
    edges(tmp_path / "edges.csv")
    done = geoframe("try", tmp_path / "edges.csv", "--method", "asymlora", "--no-geometry")
    assert done.exit_code == 2
    assert "'asymlora' does not fit these data; nst" in done.output
