using TiMix.Node.Launching;
using TiMix.Node.Processes;
using TiMix.Protocol.Faults;
using TiMix.Protocol.Launching;
using TiMix.Protocol.Values;

namespace TiMix.Node.Tests.Launching;

public sealed class LauncherTextTests
{
    private static readonly string[] Wrote = ["first", "last"];

    [Fact]
    public void A_death_is_told_with_its_signal_its_last_line_and_the_pause()
    {
        Assert.Equal("mixer-1 died (signal 9); it starts again in 0.2 s: last", LauncherText.Of(new LauncherNotice.Died("mixer-1", 137, 200, "last")));
        Assert.Equal("mixer-1 died (exit code 1); it starts again in 6.4 s", LauncherText.Of(new LauncherNotice.Died("mixer-1", 1, 6400, null)));
        Assert.Equal(
            "trainer-1 hangs (silent for 3 s): its process is ended",
            LauncherText.Of(new LauncherNotice.Hangs("trainer-1", new LossReason(LossKind.Silent, 3))));
    }

    [Fact]
    public void A_run_that_is_given_up_says_what_the_process_wrote()
    {
        Assert.Equal(
            "loader-1 died (signal 11) after 2 restarts, which is the limit (--max-restarts); it wrote last: first | last",
            LauncherText.Of(new LauncherFailure.DiedTooOften("loader-1", 139, 2, Wrote)));
        Assert.Equal("trainer-1 could not start: first | last", LauncherText.Of(new LauncherFailure.CouldNotStart("trainer-1", Wrote)));
    }

    [Fact]
    public void Faults_are_told_with_whom_they_hit()
    {
        var hang = new Fault(FaultKind.Hang, "trainer", 33, TimeSpan.FromSeconds(5));
        Assert.Equal("fault at step 34: hang trainer-2 for 5 s", LauncherText.Of(new LauncherNotice.Injected(hang, "trainer-2", 34)));
        Assert.Equal(
            "fault kill:trainer@1: no living node is meant by \"trainer\"; living: coordinator, loader-1",
            LauncherText.Of(new LauncherNotice.HitsNobody(new Fault(FaultKind.Kill, "trainer", 1, TimeSpan.Zero), ["coordinator", "loader-1"])));
    }

    [Fact]
    public void Faults_reach_a_node_as_lines_that_it_reads()
    {
        Assert.Equal("partition 2.5", ChildControl.CutOff(TimeSpan.FromSeconds(2.5)));
        Assert.Equal(TimeSpan.FromSeconds(2.5), ChildControl.Parse(ChildControl.CutOff(TimeSpan.FromSeconds(2.5)))!.Duration);
        Assert.Equal("flip", ChildControl.Parse(ChildControl.FlipBit)!.Kind);
    }

    [Fact]
    public void Wishes_are_answered_with_what_happens_next_or_what_would_be_right()
    {
        Assert.Equal("There are 2 trainers already.", Done(new LauncherAnswer.AlreadyThere(2)));
        Assert.Equal(
            "trainer-3 starts, takes the weights over from the others and joins after a step, in some seconds; then 3 share the micro-batches.",
            Done(new LauncherAnswer.Coming(["trainer-3"], 3)));
        Assert.Equal(
            "trainer-3, trainer-2 finish their step and leave; the one that stays takes the micro-batches over.",
            Done(new LauncherAnswer.Going(["trainer-3", "trainer-2"], 1)));
        Assert.Equal(
            "trainer-2 finishes its step and leaves; the other 1 trainer takes its micro-batches over. \"scale trainers=2\" starts another.",
            Done(new LauncherAnswer.Leaves("trainer-2", 1)));
        Assert.True(LauncherText.Of(new LauncherAnswer.Unknown("x", ["coordinator"])).Unknown);
        Assert.False(LauncherText.Of(new LauncherAnswer.NotBegun()).Done);
    }

    private static string Done(LauncherAnswer what)
    {
        var answer = LauncherText.Of(what);
        Assert.True(answer.Done);
        return answer.Text;
    }
}
