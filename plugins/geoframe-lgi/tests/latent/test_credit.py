import torch

from geoframe_lgi.latent.credit import Credit


def test_the_gradient_is_expected_minus_reward_over_the_number_of_nodes() -> None:
    credit = Credit(4)
    log_p = torch.full((3, 2), -1.0, requires_grad=True)
    rewards = torch.tensor([1.0, 0.0, 1.0])
    credit.loss(torch.tensor([0, 1, 3]), rewards, [log_p]).backward()
    expected = ((0.5 - rewards) / 3).unsqueeze(1).expand(3, 2)
    assert log_p.grad is not None
    assert torch.allclose(log_p.grad, expected)


def test_minimising_makes_edges_of_a_node_that_is_right_likelier() -> None:
    log_p = torch.tensor([[-1.0], [-1.0]], requires_grad=True)
    Credit(2).loss(torch.arange(2), torch.tensor([1.0, 0.0]), [log_p]).backward()
    assert log_p.grad is not None
    assert log_p.grad[0, 0] < 0 < log_p.grad[1, 0]


def test_the_code_s_reading_has_no_gradient_where_distances_are_large() -> None:
    gradients = []
    for reading in ("log", "probability"):
        log_p = torch.full((1, 2), -60.0, requires_grad=True)
        credit = Credit(1, reading=reading)  # type: ignore[arg-type]
        credit.loss(torch.tensor([0]), torch.tensor([1.0]), [log_p]).backward()
        assert log_p.grad is not None
        gradients.append(float(log_p.grad.abs().sum()))
    assert gradients[0] == 1.0
    assert gradients[1] < 1e-20


def test_the_code_s_reading_is_the_mean_of_p_over_layers_and_edges() -> None:
    log_p = [torch.log(torch.tensor([[0.2, 0.4]])), torch.log(torch.tensor([[0.6, 0.8]]))]
    credit = Credit(1, reading="probability")
    loss = credit.loss(torch.tensor([0]), torch.tensor([1.0]), log_p)
    assert torch.isclose(loss, torch.tensor(-0.5 * 0.5))


def test_expectations_move_by_the_decay_and_are_kept_with_the_state() -> None:
    credit = Credit(2, decay=0.9)
    credit.update(torch.tensor([1]), torch.tensor([1.0]))
    assert torch.allclose(credit.expected, torch.tensor([0.5, 0.55]))
    assert "expected" in credit.state_dict()
