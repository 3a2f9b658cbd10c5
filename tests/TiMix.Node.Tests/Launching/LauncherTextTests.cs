using TiMix.Node.Launching;
using TiMix.Node.Operations;
using TiMix.Node.Processes;
using TiMix.Protocol.Faults;
using TiMix.Protocol.Launching;

namespace TiMix.Node.Tests.Launching;

public sealed class LauncherTextTests
{
    private static readonly string[] Wrote = ["first", "last"];

    [Fact]
    public void A_run_that_is_given_up_says_what_the_process_wrote()
    {
        Assert.Equal(
            "loader-1 died (signal 11) after 2 restarts, which is the limit (--max-restarts); it wrote last: first | last",
            LauncherText.Of(new LauncherFailure.DiedTooOften("loader-1", 139, 2, Wrote)));
        Assert.Equal("trainer-1 could not start: first | last", LauncherText.Of(new LauncherFailure.CouldNotStart("trainer-1", Wrote)));
    }

    [Fact]
    public void Faults_reach_a_node_as_lines_that_it_reads()
    {
        Assert.Equal("partition 2.5", ChildControl.CutOff(TimeSpan.FromSeconds(2.5)));
        Assert.Equal(TimeSpan.FromSeconds(2.5), ChildControl.Parse(ChildControl.CutOff(TimeSpan.FromSeconds(2.5)))!.Duration);
        Assert.Equal("flip", ChildControl.Parse(ChildControl.FlipBit)!.Kind);
        Assert.All(
            Enum.GetValues<FaultKind>().Where(Fault.IsALie), kind => Assert.Equal(Fault.WordOf(kind), ChildControl.Parse(Fault.WordOf(kind))!.Kind));
        Assert.Null(ChildControl.Parse("kill"));
    }

    [Fact]
    public void Wishes_are_answered_with_what_happens_next_or_what_would_be_right()
    {
        Assert.Equal("There are 2 trainers already.", Done(new LauncherAnswer.AlreadyThere(2)));
        Assert.Equal(
            "trainer-3 starts, takes the weights over from the others and joins after a step, in some seconds; then 3 share the micro-batches.",
            Done(new LauncherAnswer.Coming(["trainer-3"], 3)));
        Assert.Equal(
            "trainer-3, trainer-4 start, take the weights over from the others and join after a step, in some seconds; then 4 share the micro-batches. This "
            + "machine has processors for 2: more of them make each other late.",
            Done(new LauncherAnswer.Coming(["trainer-3", "trainer-4"], 4, 2)));
        Assert.Equal(
            "A step has 8 micro-batches (optimization.microBatches), so 8 trainers at most have work; 50 are too many.",
            LauncherText.Of(new LauncherAnswer.TooMany(50, 8)).Text);
        Assert.Equal(
            "trainer-3, trainer-2 finish their step and leave; the one that stays takes the micro-batches over.",
            Done(new LauncherAnswer.Going(["trainer-3", "trainer-2"], 1)));
        Assert.Equal(
            "trainer-2 finishes its step and leaves; the other 1 trainer takes its micro-batches over. \"scale trainers=2\" starts another.",
            Done(new LauncherAnswer.TrainerLeaves("trainer-2", 1)));
        Assert.True(LauncherText.Of(new LauncherAnswer.UnknownNode("x", ["coordinator"])).Unknown);
        Assert.Equal(
            new OperationsAnswer(false, "The run has not begun yet; try again in a moment.", "not-begun"), LauncherText.Of(new LauncherAnswer.NotBegun()));
    }

    [Fact]
    public void Every_answer_has_words_and_every_refusal_is_one() => Assert.All(Examples.OfEach<LauncherAnswer>(), answer =>
    {
        var told = LauncherText.Of(answer);
        Assert.NotEmpty(told.Text);
        Assert.Equal((answer is not LauncherAnswer.Refusal, answer is LauncherAnswer.UnknownNode), (told.Done, told.Unknown));
    });

    private static string Done(LauncherAnswer what)
    {
        var answer = LauncherText.Of(what);
        Assert.True(answer.Done);
        return answer.Text;
    }
}
