"""The lookup table and the correction that its rows share."""

import torch

from geoframe.embedders.table import Table


def fit(table: Table, wanted: torch.Tensor, steps: int) -> torch.Tensor:
    """Train towards the distances of a helix; return the mean squared error of logarithms."""
    n = len(wanted)
    i, j = torch.triu_indices(n, n, 1)
    optimizer = torch.optim.Adam(table.parameters(), lr=0.02)
    for _ in range(steps):
        points = table(torch.arange(n))
        got = (points[i] - points[j]).norm(dim=1)
        loss = (got.clamp_min(1e-9) / wanted[i, j]).log().square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return loss.detach()


def test_the_first_coordinates_are_nearly_the_rows() -> None:
    table = Table(50, 3, hidden=32)
    items = torch.tensor([4, 0, 49, 4])
    assert table(items).shape == (4, 3)
    assert (table(items) - table.rows[items]).abs().max() < 0.1


def test_without_a_correction_only_rows_are_trained() -> None:
    table = Table(5, 2)
    assert [name for name, _ in table.named_parameters()] == ["rows"]
    torch.testing.assert_close(table(torch.tensor([3])), table.rows[3:4])


def test_a_correction_moves_items_that_have_no_gradient_of_their_own() -> None:
    table = Table(6, 2, hidden=8)
    before = table(torch.arange(6)).detach()
    table(torch.tensor([0])).sum().backward()
    with torch.no_grad():
        for parameter in table.parameters():
            parameter -= 0.1 * parameter.grad
    moved = (table(torch.arange(6)) - before).abs().amax(dim=1)
    assert (moved[1:] > 0).all()
    assert (table.rows.grad[1:] == 0).all()


def test_settled_rows_are_the_coordinates() -> None:
    table, items = Table(6, 2, hidden=8), torch.arange(6)
    with torch.no_grad():
        for parameter in table.parameters():
            parameter += torch.randn_like(parameter)
    before = table(items)
    table.settle()
    assert torch.equal(table(items), table.rows)
    torch.testing.assert_close(table.rows, before)


def test_a_correction_frees_a_fit_that_rows_alone_do_not_find() -> None:
    t = torch.linspace(0, 12, 60)
    helix = torch.stack([t.cos(), t.sin(), 0.3 * t], dim=1)
    wanted = torch.cdist(helix, helix)
    errors = {
        hidden: torch.stack([fit(_seeded(hidden, seed), wanted, 150) for seed in range(3)]).mean()
        for hidden in (0, 32)
    }
    assert errors[32] < 0.1 * errors[0]


def _seeded(hidden: int, seed: int) -> Table:
    torch.manual_seed(seed)
    return Table(60, 3, hidden=hidden)
