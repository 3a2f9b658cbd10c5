using System.Text.Json;
using TiMix.Protocol.Values;

namespace TiMix.Protocol.Tests.Values;

/// <summary>The words in which journals keep reasons: what is written is read again, and what the first edition wrote is understood.</summary>
public sealed class ReasonsTests
{
    public static TheoryData<string, LossReason> Losses => new()
    {
        { "its link broke", new LossReason(LossKind.LinkBroke) },
        { "it was not ready in time", new LossReason(LossKind.NotReady) },
        { "its process has died", new LossReason(LossKind.ProcessDied) },
        { "it did not come back", new LossReason(LossKind.DidNotComeBack) },
        { "the run was interrupted", new LossReason(LossKind.RunInterrupted) },
        { "it left", new LossReason(LossKind.Left) },
        { "silent for 3 s", new LossReason(LossKind.Silent, 3) },
        { "silent for 0.25 s", new LossReason(LossKind.Silent, 0.25) },
        { "it did not hold still for 60 s", new LossReason(LossKind.DidNotHoldStill, 60) },
        { "it stood still in a step for 75 s", new LossReason(LossKind.Stuck, 75) },
        { "it harmed the run too often", new LossReason(LossKind.Offended) },
        { "eaten by a whale", new LossReason(LossKind.Other, Said: "eaten by a whale") },
    };

    public static TheoryData<string, ViewCause> Causes => new()
    {
        { "trainer-1 joins", new ViewCause(ViewCauseKind.Joins, "trainer-1") },
        { "a and b and c join", new ViewCause(ViewCauseKind.Joins, "a", "b", "c") },
        { "nobody joins", new ViewCause(ViewCauseKind.Joins) },
        { "trainer-3 was lost: silent for 3 s", new ViewCause(ViewCauseKind.TrainerLost, "trainer-3") { Loss = new LossReason(LossKind.Silent, 3) } },
        { "the link to a broke", new ViewCause(ViewCauseKind.LinkBroke, "a") },
        { "the link to a and b broke", new ViewCause(ViewCauseKind.LinkBroke, "a", "b") },
        { "a broke off", new ViewCause(ViewCauseKind.BrokeOff, "a") },
        { "a trainer broke off", new ViewCause(ViewCauseKind.BrokeOff) },
        { "a has stopped", new ViewCause(ViewCauseKind.Stopped, "a") },
        { "a and b spoilt the step", new ViewCause(ViewCauseKind.Accused, "a", "b") },
        { "a leaves", new ViewCause(ViewCauseKind.Leaves, "a") },
        { "a and b had other weights than the others", new ViewCause(ViewCauseKind.Diverged, "a", "b") },
        { "the trainers' states differ", new ViewCause(ViewCauseKind.StatesDiffer) },
        { "the trainers' speeds have changed", new ViewCause(ViewCauseKind.SpeedsChanged) },
        { "paused on request", new ViewCause(ViewCauseKind.Paused) },
        { "continued on request", new ViewCause(ViewCauseKind.Continued) },
        { "stopped on request", new ViewCause(ViewCauseKind.RunStopped) },
        { "the moon is full", new ViewCause(ViewCauseKind.Other) { Said = "the moon is full" } },
    };

    public static TheoryData<string, StopReason> Stops => new()
    {
        { "stopped on request", StopReason.Requested },
        { "the snapshot of step 60 could not be written: No space left", new StopReason(StopKind.SnapshotFailed, 60, "No space left") },
        { "the audit of step 7 could not be written: No space left", new StopReason(StopKind.AuditFailed, 7, "No space left") },
        { "the run's metrics and evaluations could not be written: No space", new StopReason(StopKind.RecordsFailed, Said: "No space") },
        { "the evaluation of step 60 failed: x", new StopReason(StopKind.Failed, Said: "the evaluation of step 60 failed: x") },
    };

    [Theory]
    [MemberData(nameof(Losses))]
    public void A_loss_is_written_in_words_and_read_again(string text, LossReason reason) => BothWays(text, reason);

    [Theory]
    [MemberData(nameof(Causes))]
    public void A_cause_is_written_in_words_and_read_again(string text, ViewCause cause) => BothWays(text, cause);

    [Theory]
    [MemberData(nameof(Stops))]
    public void A_stop_is_written_in_words_and_read_again(string text, StopReason reason) => BothWays(text, reason);

    [Fact]
    public void Every_kind_has_words_of_its_own()
    {
        Assert.Equal(Enum.GetValues<LossKind>().Order(), Losses.Select(row => row.Data.Item2.Kind).Distinct().Order());
        Assert.Equal(Enum.GetValues<ViewCauseKind>().Order(), Causes.Select(row => row.Data.Item2.Kind).Distinct().Order());
        Assert.Equal(Enum.GetValues<StopKind>().Order(), Stops.Select(row => row.Data.Item2.Kind).Distinct().Order());
    }

    private static void BothWays<T>(string text, T value)
        where T : notnull
    {
        Assert.Equal(text, value.ToString());
        Assert.Equal(value, JsonSerializer.Deserialize<T>(JsonSerializer.Serialize(text)));
        Assert.Equal(text, JsonSerializer.Deserialize<string>(JsonSerializer.Serialize(value)));
    }
}
