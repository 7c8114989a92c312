"""The block that models are made of (CEMLP in the published code)."""

from __future__ import annotations

from torch import Tensor, nn

from geoframe_cgenn.algebra.blades import Grades, blades
from geoframe_cgenn.algebra.form import DiagonalForm
from geoframe_cgenn.layers.activation import MVSiLU
from geoframe_cgenn.layers.linear import MVLinear
from geoframe_cgenn.layers.normalization import MVLayerNorm
from geoframe_cgenn.layers.products import GeometricProduct


class CliffordBlock(nn.Module):
    """Linear map, gates, geometric product, layer norm.

    Parameters
    ----------
    n
        Dimension of V.
    in_channels, out_channels
        Numbers of multivectors.
    grades
        Grades of the input; None for all. Those of the output are ``out_grades``.
    normalize
        Whether the product's right factor is normalised grade by grade; off for forms with null
        vectors.
    """

    def __init__(
        self,
        n: int,
        in_channels: int,
        out_channels: int,
        *,
        grades: Grades | None = None,
        normalize: bool = True,
    ) -> None:
        super().__init__()
        self.linear = MVLinear(n, in_channels, out_channels, grades=grades)
        between = self.linear.out_grades
        self.activation = MVSiLU(n, out_channels, grades=between)
        self.product = GeometricProduct(n, out_channels, grades=between, normalize=normalize)
        self.out_grades = self.product.out_grades
        self.norm = MVLayerNorm(n, out_channels, grades=self.out_grades)

    def forward(self, x: Tensor, form: DiagonalForm) -> Tensor:
        """``(D, b, in)`` -> ``(D', b, out)``."""
        return self.after_linear(self.linear(x), form)

    def after_linear(self, x: Tensor, form: DiagonalForm) -> Tensor:
        """All but the linear map, which messages apply before they form pairs."""
        x = self.activation(x, form)
        out: Tensor = self.norm(self.product(x, form), form)
        return out


class CliffordMLP(nn.Module):
    """A row of blocks.

    Parameters
    ----------
    n
        Dimension of V.
    in_channels, channels
        Numbers of multivectors of the input, and from the first block on.
    blocks
        Number of blocks.
    grades, normalize
        As in :class:`CliffordBlock`.
    """

    def __init__(
        self,
        n: int,
        in_channels: int,
        channels: int,
        *,
        blocks: int = 2,
        grades: Grades | None = None,
        normalize: bool = True,
    ) -> None:
        super().__init__()
        self.blocks = nn.ModuleList()
        for at in range(blocks):
            inputs = in_channels if at == 0 else channels
            block = CliffordBlock(n, inputs, channels, grades=grades, normalize=normalize)
            self.blocks.append(block)
            grades = block.out_grades
        self.out_grades = blades(n).all_grades if grades is None else grades

    def forward(self, x: Tensor, form: DiagonalForm) -> Tensor:
        """``(D, b, in)`` -> ``(D', b, channels)``."""
        for block in self.blocks:
            x = block(x, form)
        return x
