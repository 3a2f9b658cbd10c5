using TiMix.Protocol.Messages;
using TiMix.Protocol.Training;
using TiMix.Protocol.Values;
using static TiMix.Protocol.Training.TrainerProtocol;

namespace TiMix.Protocol.Tests.Training;

/// <summary>Views that a trainer prepares while another one trains.</summary>
public sealed class TrainerProtocolAheadTests
{
    private static readonly View First = new(1, 0, [new Share("a", "n1", "ea", 0, 4), new Share("b", "n2", "eb", 4, 4)]);
    private static readonly View Second = new(2, 1, [.. First.Shares, new Share("c", "n3", "ec", 8, 0)]);
    private readonly TrainerProtocol _trainer = new(10);

    [Fact]
    public void It_goes_over_with_the_others_after_the_step_whose_gather_says_so()
    {
        Train();
        Assert.Contains(Ahead(), effect => effect is LinkAhead);
        Assert.Equal(0, _trainer.Ahead);
        _trainer.Linked(2);
        Assert.Equal((2, TrainerPhase.Running, 1), (_trainer.Ahead, _trainer.Phase, _trainer.Generation));
        _trainer.Handle(new TrainerOrders.SwitchAfterStep(1, 2));
        Assert.Equal((false, true), _trainer.Says());
        var effects = _trainer.Applied(1, last: false, goesOver: true);
        Assert.Equal(1, Assert.Single(effects.OfType<GoOver>()).View.FromStep);
        Assert.Equal(2, Assert.Single(effects.OfType<TrainerProtocol.Compute>()).View.Generation);
        Assert.Equal((2, 2, 1), (_trainer.Generation, _trainer.StateGeneration, _trainer.Began));
    }

    [Fact]
    public void It_says_nothing_of_a_view_that_it_has_no_links_for_and_stops_when_the_others_go_over()
    {
        Train();
        Ahead();
        _trainer.Handle(new TrainerOrders.SwitchAfterStep(1, 2));
        Assert.Equal((false, false), _trainer.Says());
        Assert.Contains(_trainer.Applied(1, last: false, goesOver: true), effect => effect is Unlink);
        _trainer.Hashed("h1");
        Assert.Equal((TrainerPhase.Stopped, 1), (_trainer.Phase, _trainer.Generation));
    }

    [Fact]
    public void Stopping_comes_before_going_over()
    {
        Train();
        Ahead();
        _trainer.Linked(2);
        Assert.DoesNotContain(_trainer.Applied(1, last: true, goesOver: true), effect => effect is GoOver);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void It_gives_the_next_view_up_when_told_to_or_when_a_link_breaks_and_takes_no_part_in_it_then(bool told)
    {
        Train();
        Ahead();
        _trainer.Linked(2);
        var effects = told ? _trainer.Handle(new TrainerOrders.Withdraw(2)) : _trainer.PeerLost(2, "c");
        Assert.Contains(effects, effect => effect is UnlinkAhead);
        Assert.Equal((0, 2, TrainerPhase.Running), (_trainer.Ahead, _trainer.Fence, _trainer.Phase));
        Assert.DoesNotContain(Ahead(), effect => effect is LinkAhead);
        _trainer.Handle(new TrainerOrders.SwitchAfterStep(1, 2));
        Assert.Equal((false, false), _trainer.Says());
    }

    [Fact]
    public void What_it_has_said_in_a_gather_it_cannot_take_back()
    {
        Train();
        Ahead();
        _trainer.Linked(2);
        _trainer.Handle(new TrainerOrders.SwitchAfterStep(1, 2));
        _trainer.Says();
        Assert.DoesNotContain(_trainer.Handle(new TrainerOrders.Withdraw(2)), effect => effect is UnlinkAhead);
        Assert.Equal((0, 2), (_trainer.Fence, _trainer.Ahead));
        Assert.Contains(_trainer.Applied(1, last: false, goesOver: true), effect => effect is GoOver);
    }

    [Fact]
    public void One_that_follows_is_ready_with_links_and_state_and_begins_with_the_step_that_the_others_go_over_after()
    {
        var order = new TrainerOrders.PrepareAhead(Second, new StateSource("c", StateWay.Copy, "a", "ea"), 1);
        Assert.Contains(_trainer.Handle(order), effect => effect is Follow);
        Assert.Equal((TrainerPhase.Following, -1), (_trainer.Phase, _trainer.Step));
        _trainer.Linked(2);
        Assert.Equal(0, _trainer.Ahead);
        _trainer.HasCopied(2);
        Assert.Equal(2, _trainer.Ahead);
        Assert.Empty(_trainer.HasFollowed(2, 5, goesOver: false));
        Assert.Equal(-1, _trainer.Step);
        var effects = _trainer.HasFollowed(2, 6, goesOver: true);
        Assert.Equal(6, Assert.Single(effects.OfType<TrainerProtocol.Compute>()).Step);
        Assert.Contains(effects, effect => effect is CatchUp);
        Assert.Equal((TrainerPhase.Running, 6, 6), (_trainer.Phase, _trainer.Step, _trainer.Began));
    }

    [Fact]
    public void One_that_follows_and_is_told_to_halt_ends_what_it_does_and_has_no_state()
    {
        _trainer.Handle(new TrainerOrders.PrepareAhead(Second, new StateSource("c", StateWay.Copy, "a", "ea"), 1));
        _trainer.HasCopied(2);
        _trainer.Follows();
        Assert.Contains(_trainer.Handle(new TrainerOrders.Halt(2)), effect => effect is Unlink);
        Assert.Equal(TrainerPhase.Following, _trainer.Phase);
        _trainer.HasFollowed(2, 5, goesOver: true);
        Assert.Equal((TrainerPhase.Aborted, -1), (_trainer.Phase, _trainer.Step));
    }

    private IReadOnlyList<Effect> Ahead() => _trainer.Handle(new TrainerOrders.PrepareAhead(Second, new StateSource("a", StateWay.Keep, null), 1));

    private void Train()
    {
        _trainer.Handle(new TrainerOrders.Prepare(First, new StateSource("a", StateWay.Draw, null), 1));
        _trainer.Linked(1);
        _trainer.StateReady(1, 0, "h0");
        _trainer.Handle(new TrainerOrders.Begin(1, -1));
    }
}
