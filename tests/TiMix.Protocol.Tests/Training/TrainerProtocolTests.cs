using TiMix.Protocol.Messages;
using TiMix.Protocol.Training;
using TiMix.Protocol.Values;
using static TiMix.Protocol.Training.TrainerProtocol;

namespace TiMix.Protocol.Tests.Training;

public sealed class TrainerProtocolTests
{
    private const long Steps = 10;
    private readonly TrainerProtocol _trainer = new(Steps);

    [Fact]
    public void It_is_ready_when_it_has_links_and_state_and_computes_only_when_the_view_begins()
    {
        Assert.Collection(
            Prepare(1, 0, StateWay.Draw), effect => Assert.IsType<Link>(effect), effect => Assert.IsType<Obtain>(effect),
            effect => Assert.IsType<Report>(effect));
        Assert.Empty(_trainer.Linked(1));
        Assert.IsType<Report>(Assert.Single(_trainer.StateReady(1, 0, "h0")));
        Assert.Equal((TrainerPhase.Ready, "h0"), (_trainer.Phase, _trainer.Hash));
        Assert.Contains(_trainer.Handle(new TrainerOrders.Begin(1, -1)), effect => effect is TrainerProtocol.Compute { Step: 0 });
        Assert.Equal(TrainerPhase.Running, _trainer.Phase);
    }

    [Fact]
    public void It_does_not_begin_before_it_is_ready_nor_in_another_generation_nor_twice()
    {
        Prepare(1, 0, StateWay.Draw);
        Assert.DoesNotContain(_trainer.Handle(new TrainerOrders.Begin(1, -1)), effect => effect is TrainerProtocol.Compute);
        _trainer.Linked(1);
        _trainer.StateReady(1, 0, "h0");
        Assert.DoesNotContain(_trainer.Handle(new TrainerOrders.Begin(2, -1)), effect => effect is TrainerProtocol.Compute);
        Assert.Contains(_trainer.Handle(new TrainerOrders.Begin(1, -1)), effect => effect is TrainerProtocol.Compute);
        Assert.DoesNotContain(_trainer.Handle(new TrainerOrders.Begin(1, -1)), effect => effect is TrainerProtocol.Compute);
    }

    [Fact]
    public void It_stops_when_the_gather_says_so_and_says_so_when_it_knows_its_hash()
    {
        Run(1);
        Assert.Empty(_trainer.Handle(new TrainerOrders.StopAfterStep(1)));
        Assert.True(_trainer.StopRequested);
        Assert.IsType<TrainerProtocol.Compute>(Assert.Single(_trainer.Applied(1, last: false)));
        Assert.Collection(_trainer.Applied(2, last: true), effect => Assert.IsType<Unlink>(effect), effect => Assert.IsType<HashState>(effect));
        Assert.Equal(TrainerPhase.Running, _trainer.Phase);
        Assert.IsType<Report>(Assert.Single(_trainer.Hashed("h2")));
        Assert.Equal((TrainerPhase.Stopped, 2, "h2"), (_trainer.Phase, _trainer.Step, _trainer.Hash));
    }

    [Fact]
    public void Told_to_halt_while_it_computes_it_says_that_it_holds_still_only_when_it_does()
    {
        Run(1);
        Assert.IsType<Unlink>(Assert.Single(_trainer.Handle(new TrainerOrders.Halt(1))));
        Assert.Equal(TrainerPhase.Running, _trainer.Phase);
        Assert.IsType<HashState>(Assert.Single(_trainer.Applied(1, last: false)));
        _trainer.Hashed("h1");
        Assert.Equal((TrainerPhase.Aborted, 1), (_trainer.Phase, _trainer.Step));
    }

    [Fact]
    public void An_order_for_an_older_view_that_comes_late_does_nothing()
    {
        Run(3);
        Assert.IsType<Report>(Assert.Single(_trainer.Handle(new TrainerOrders.Halt(2))));
        Assert.IsType<Report>(Assert.Single(_trainer.Handle(new TrainerOrders.StopAfterStep(2))));
        Assert.Equal((TrainerPhase.Running, false), (_trainer.Phase, _trainer.StopRequested));
        Assert.Contains(_trainer.Applied(1, last: false), effect => effect is TrainerProtocol.Compute { Step: 1 });
    }

    [Fact]
    public void Asked_to_stop_it_goes_on_until_the_gather_says_so_since_its_peers_may_not_know()
    {
        Run(1);
        _trainer.Handle(new TrainerOrders.StopAfterStep(1));
        Assert.Contains(_trainer.Applied(1, last: false), effect => effect is TrainerProtocol.Compute { Step: 1 });
    }

    [Fact]
    public void A_lost_peer_ends_the_step_and_is_named()
    {
        Run(1);
        Assert.IsType<Unlink>(Assert.Single(_trainer.PeerLost(1, "b")));
        Assert.Contains(_trainer.BrokeOff(["b"]), effect => effect is HashState);
        _trainer.Hashed("h0");
        Assert.Equal((TrainerPhase.Aborted, 0), (_trainer.Phase, _trainer.Step));
        Assert.Equal(["b"], _trainer.Suspects);
        Assert.Empty(_trainer.PeerLost(1, "c"));
    }

    [Fact]
    public void A_link_of_an_older_view_that_breaks_late_means_nothing()
    {
        Run(1);
        _trainer.BrokeOff([]);
        _trainer.Hashed("h0");
        Prepare(2, 0, StateWay.Keep);
        Assert.Empty(_trainer.PeerLost(1, "b"));
        Assert.Equal((TrainerPhase.Preparing, 0), (_trainer.Phase, _trainer.Suspects.Count));
    }

    [Fact]
    public void It_prepares_nothing_older_nothing_fenced_and_nothing_while_it_runs()
    {
        Run(3);
        Assert.IsType<Report>(Assert.Single(Prepare(4, 0, StateWay.Keep)));
        _trainer.Handle(new TrainerOrders.Halt(5));
        _trainer.BrokeOff([]);
        _trainer.Hashed("h0");
        Assert.IsType<Report>(Assert.Single(Prepare(3, 0, StateWay.Keep)));
        Assert.IsType<Report>(Assert.Single(Prepare(5, 0, StateWay.Keep)));
        Assert.Contains(Prepare(6, 0, StateWay.Keep), effect => effect is Link);
    }

    [Fact]
    public void It_does_not_keep_a_state_of_another_step_than_the_view_begins_with()
    {
        Run(1);
        _trainer.BrokeOff([]);
        _trainer.Hashed("h0");
        Assert.DoesNotContain(Prepare(2, 1, StateWay.Keep), effect => effect is Link);
        Assert.Equal((TrainerPhase.Aborted, 2L, 1L), (_trainer.Phase, _trainer.Generation, _trainer.StateGeneration));
    }

    [Fact]
    public void A_state_that_could_not_be_copied_leaves_the_old_one()
    {
        Run(1);
        _trainer.BrokeOff([]);
        _trainer.Hashed("h0");
        Prepare(2, 1, StateWay.Copy);
        Assert.Null(_trainer.Hash);
        Assert.Contains(_trainer.StateFailed(2, 0, "h0"), effect => effect is Unlink { Generation: 2 });
        Assert.Equal((TrainerPhase.Aborted, 0L, "h0", 1L), (_trainer.Phase, _trainer.Step, _trainer.Hash, _trainer.StateGeneration));
    }

    [Fact]
    public void A_state_that_is_found_damaged_counts_no_more()
    {
        Run(1);
        Assert.Contains(_trainer.StateLost(), effect => effect is Unlink);
        Assert.Equal((TrainerPhase.Aborted, -1L), (_trainer.Phase, _trainer.Step));
        Assert.Null(_trainer.Hash);
    }

    [Fact]
    public void After_the_last_step_it_waits_and_writes_the_snapshot_when_told()
    {
        Run(1);
        for (var step = 1; step < Steps; step++)
        {
            Assert.Contains(_trainer.Applied(step, last: false), effect => effect is TrainerProtocol.Compute);
            Assert.DoesNotContain(_trainer.Handle(new TrainerOrders.TakeSnapshot(step)), effect => effect is Save);
        }

        Assert.IsType<Report>(Assert.Single(_trainer.Applied(Steps, last: false)));
        Assert.IsType<Save>(Assert.Single(_trainer.Handle(new TrainerOrders.TakeSnapshot(Steps))));
        Assert.Contains(_trainer.Handle(new TrainerOrders.StopAfterStep(1)), effect => effect is HashState);
        _trainer.Hashed("h10");
        Assert.Equal(TrainerPhase.Stopped, _trainer.Phase);
    }

    [Fact]
    public void It_leaves_only_when_it_wants_to_and_holds_still()
    {
        Assert.IsType<Report>(Assert.Single(_trainer.Handle(new TrainerOrders.Release())));
        Run(1);
        _trainer.WantToLeave();
        Assert.IsType<Report>(Assert.Single(_trainer.Handle(new TrainerOrders.Release())));
        _trainer.Applied(1, last: true);
        _trainer.Hashed("h1");
        Assert.IsType<Leave>(Assert.Single(_trainer.Handle(new TrainerOrders.Release())));
    }

    private IReadOnlyList<Effect> Prepare(long generation, long fromStep, StateWay way)
    {
        var view = new View(generation, fromStep, [new Share("a", "n1", "ea", 0, 4), new Share("b", "n2", "eb", 4, 4)]);
        return _trainer.Handle(
            new TrainerOrders.Prepare(view, new StateSource("a", way, way == StateWay.Copy ? "b" : null, way == StateWay.Copy ? "eb" : null), 1));
    }

    private void Run(long generation)
    {
        Prepare(generation, 0, StateWay.Draw);
        _trainer.Linked(generation);
        _trainer.StateReady(generation, 0, "h0");
        _trainer.Handle(new TrainerOrders.Begin(generation, -1));
    }
}
