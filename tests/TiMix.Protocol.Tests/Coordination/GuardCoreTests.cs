using TiMix.Protocol.Coordination;
using TiMix.Protocol.Messages;
using TiMix.Protocol.Notices;

namespace TiMix.Protocol.Tests.Coordination;

public sealed class GuardCoreTests
{
    private static readonly GuardInputs.TermHeld Held = new();
    private static readonly GuardInputs.CoordinatorStopped Stopped = new();
    private readonly GuardCore _guard = new();
    private long _now = 1_000_000;

    [Fact]
    public void It_takes_the_term_lets_a_coordinator_work_and_looks_every_second_whether_it_still_may()
    {
        Assert.Equal([GuardEffects.TakeTerm.Instance], After(0));
        Assert.Empty(After(50));
        Assert.Equal([GuardEffects.StartCoordinator.Instance], Do(Held));
        Assert.Empty(After(GuardCore.ConfirmEvery - 1));
        Assert.Equal([GuardEffects.ConfirmTerm.Instance], After(1));
        Assert.Empty(After(60_000));
        Assert.Empty(Do(Held));
        Assert.Equal([GuardEffects.ConfirmTerm.Instance], After(GuardCore.ConfirmEvery));
    }

    [Fact]
    public void A_coordinator_that_stops_is_started_anew_after_a_pause_that_grows_until_one_was_sound()
    {
        Lead();
        foreach (var pause in new long[] { 200, 400, 800, 1600, 3200, 5000, 5000 })
        {
            Assert.Empty(Do(Stopped));
            Assert.Empty(After(pause - 1));
            Assert.Equal([GuardEffects.ConfirmTerm.Instance], After(1));
            Assert.Equal([GuardEffects.StartCoordinator.Instance], Do(Held));
        }

        _now += GuardCore.Healthy + 1;
        Do(Stopped);
        Assert.Equal([GuardEffects.ConfirmTerm.Instance], After(GuardCore.ShortestPause));
    }

    [Fact]
    public void A_journal_that_cannot_be_reached_is_waited_for_and_said_once_and_the_coordinator_goes_on()
    {
        After(0);
        var unreachable = new GuardInputs.JournalUnreachable("refused");
        Assert.Equal([new GuardEffects.Say(new Notice.JournalUnreachable("refused"))], Do(unreachable));
        Assert.Equal([GuardEffects.TakeTerm.Instance], After(GuardCore.ShortestPause));
        Assert.Empty(Do(unreachable));
        Assert.Empty(After(399));
        Assert.Equal([GuardEffects.TakeTerm.Instance], After(1));
        Assert.Equal([new GuardEffects.Say(new Notice.CoordinatorGoesOn()), GuardEffects.StartCoordinator.Instance], Do(Held));

        After(GuardCore.ConfirmEvery);
        Assert.Single(Do(unreachable));
        After(GuardCore.LongestPause);
        Assert.Equal([new GuardEffects.Say(new Notice.CoordinatorGoesOn())], Do(Held));
    }

    [Fact]
    public void It_waits_while_another_cluster_is_at_work_on_the_run_and_takes_over_when_that_is_gone()
    {
        After(0);
        Assert.Equal([new GuardEffects.Say(new Notice.AnotherClusterLeads("far"))], Do(new GuardInputs.TermHeldBy("far")));
        Assert.Empty(After(GuardCore.LongestPause - 1));
        Assert.Equal([GuardEffects.TakeTerm.Instance], After(1));
        Assert.Equal([new GuardEffects.Say(new Notice.CoordinatorGoesOn()), GuardEffects.StartCoordinator.Instance], Do(Held));
    }

    [Fact]
    public void Whoever_was_replaced_makes_an_end_and_does_nothing_more()
    {
        Lead();
        After(GuardCore.ConfirmEvery);
        Assert.Equal([new GuardEffects.StepDown("successor")], Do(new GuardInputs.TermHeldBy("successor")));
        Assert.Empty(Do(Held));
        Assert.Empty(Do(Stopped));
        Assert.Empty(After(60_000));
    }

    private void Lead()
    {
        After(0);
        Do(Held);
    }

    private IReadOnlyList<IEffect> After(long milliseconds)
    {
        _now += milliseconds;
        return Do(Tick.Instance);
    }

    private IReadOnlyList<IEffect> Do(IInput input) => _guard.Handle(input, _now);
}
