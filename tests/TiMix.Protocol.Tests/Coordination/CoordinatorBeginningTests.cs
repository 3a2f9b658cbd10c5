using TiMix.Protocol.Coordination;
using TiMix.Protocol.Messages;
using TiMix.Protocol.Notices;
using TiMix.Protocol.Values;
using static TiMix.Protocol.Coordination.CoordinatorEffects;
using static TiMix.Protocol.Coordination.CoordinatorInputs;
using static TiMix.Protocol.Messages.CoordinatorEvents;

namespace TiMix.Protocol.Tests.Coordination;

public sealed class CoordinatorBeginningTests
{
    private static readonly RunStarted Started = new("{}", 100, 8, 1);
    private static readonly FoundSnapshot[] Found = [new(10, "step-10", "f10"), new(20, "step-20", "f20"), new(30, "step-30", "f30")];

    [Fact]
    public void A_run_of_which_the_journal_knows_nothing_is_begun_and_the_snapshots_that_are_there_count()
    {
        var desk = new CoordinatorDesk();
        desk.Disk.AddRange(Found);
        desk.Tell(new Recovered());
        Assert.Equal(Started, desk.Events[0]);
        Assert.Equal([10L, 20, 30], desk.Events.OfType<SnapshotCommitted>().Select(snapshot => snapshot.Step));
        Assert.Single(desk.Wanted<NoteBegun>());

        desk.Hear("looker", new NodeMessages.Subscribe("launcher"));
        Assert.Equal(new Notice.SnapshotsAdopted(3, 30), desk.SentTo("looker").OfType<MonitorMessages.Told>().Single().Notice);
    }

    [Fact]
    public void A_journal_cut_off_after_the_beginning_hears_of_the_snapshots_before_anything_deletes_them()
    {
        var desk = new CoordinatorDesk([Started], goOn: true);
        desk.Disk.AddRange(Found);
        desk.Tell(new Recovered());
        var pruned = Assert.Single(desk.Wanted<PruneSnapshots>());
        Assert.Contains("step-30", pruned.Keep);
        Assert.Equal(30, desk.Events.OfType<RunResumed>().Single().FromStep);
    }

    [Fact]
    public void A_run_that_goes_on_is_taken_up_as_it_is()
    {
        var desk = new CoordinatorDesk([Started, new SnapshotCommitted(10, "step-10", "f10", 1)]);
        desk.Tell(new Recovered());
        Assert.Equal(2, desk.Events.Count);
        Assert.Empty(desk.Taken());
    }

    [Fact]
    public void A_run_of_which_nothing_lives_is_gone_on_with_and_all_but_its_snapshots_is_deleted()
    {
        var desk = new CoordinatorDesk([Started, new TrainerJoined("a", "node-a", 1), new SnapshotCommitted(10, "step-10", "f10", 1)], goOn: true);
        desk.Tell(new Recovered());
        Assert.Equal(
            [new TrainerLost("a", "node-a", new LossReason(LossKind.RunInterrupted), desk.Now), new RunResumed(10, desk.Now)], desk.Events.TakeLast(2));
        Assert.Equal(["step-10"], Assert.Single(desk.Wanted<PruneSnapshots>()).Keep);
        Assert.Single(desk.Wanted<NoteBegun>());
    }

    [Fact]
    public void A_finished_run_is_over_for_whoever_asks()
    {
        var desk = new CoordinatorDesk([Started, new SnapshotCommitted(100, "step-100", "f", 1), new RunFinished(100, "f", 2)], goOn: true);
        desk.Tell(new Recovered());
        Assert.Single(desk.Wanted<NoteBegun>());
        Assert.Equal(RunOutcome.Finished, Assert.Single(desk.Published<MonitorMessages.Over>()).Outcome);
        desk.Node("a", "trainer");
        Assert.Equal(new NodeMessages.RunOver(RunOutcome.Finished, null), Assert.Single(desk.SentTo("node-a")));
    }

    [Fact]
    public void A_coordinator_that_has_joined_living_trainers_takes_up_what_is_going_on()
    {
        var desk = Joined();
        desk.Now += 2_000;
        desk.Trainer("a", TrainerPhase.Running, 1, 14);
        desk.Tell(Tick.Instance);
        Assert.DoesNotContain(desk.Events, happened => happened is RunResumed or TrainerLost);
        Assert.Equal(14, Assert.IsType<ProgressRecorded>(desk.Events[^1]).Step);
        Assert.Single(desk.Wanted<NoteBegun>());
    }

    [Fact]
    public void One_that_has_joined_nobody_who_has_a_state_goes_on_from_the_snapshot_after_two_leases()
    {
        var desk = Joined();
        for (var i = 0; i < 23; i++)
        {
            desk.Now += 250;
            desk.Trainer("b", TrainerPhase.Idle, 0, -1);
            desk.Tell(Tick.Instance);
        }

        Assert.DoesNotContain(desk.Events, happened => happened is RunResumed or TrainerLost or ViewProposed { View.Generation: > 1 });
        desk.Now += 251;
        desk.Tell(Tick.Instance);
        Assert.Equal(10, desk.Events.OfType<RunResumed>().Single().FromStep);
    }

    private static CoordinatorDesk Joined()
    {
        var view = new View(1, 0, [new Share("a", "a", "e-a", 0, 8)]);
        var desk = new CoordinatorDesk(
            [
                Started, new TrainerJoined("a", "a", 1), new ViewProposed(view, [new StateSource("a", StateWay.Draw, null)], 1, new ViewCause(
                    ViewCauseKind.Joins, "a"), 1, 1),
                new ViewInstalled(1, 1), new SnapshotCommitted(10, "step-10", "f10", 1),
            ],
            goOn: true, mayLive: true);
        desk.Tell(new Recovered());
        return desk;
    }
}
