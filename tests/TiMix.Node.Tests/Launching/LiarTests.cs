using TiMix.Protocol.Coordination;
using TiMix.Protocol.Values;
using TiMix.Runs.Audit;
using TiMix.Testing.Live;

namespace TiMix.Node.Tests.Launching;

/// <summary>One bad trainer: the run ends with the right weights, and says which one it was.</summary>
public sealed class LiarTests(UndisturbedRun undisturbed) : LiveRuns(undisturbed)
{
    [Fact]
    public async Task A_part_that_cannot_be_crashes_nobody_and_its_sender_is_put_out()
    {
        var result = await RunAsync(3, "shape:trainer@8");
        Assert.Contains(Seen.Notices, notice => notice.StartsWith("trainer-3 (on ", StringComparison.Ordinal)
            && notice.Contains("is put out: it gave what cannot be a part of the step", StringComparison.Ordinal));
        AssertOut(result, "trainer-3", LossKind.Offended, from: 8);
    }

    [Theory]
    [Trait("suite", "deep")]
    [InlineData("nan", LossKind.Offended)]
    [InlineData("lie", LossKind.Offended)]
    [InlineData("stall", LossKind.Stuck)]
    public async Task A_liar_among_three_is_put_out(string lie, LossKind how)
    {
        var result = await RunAsync(3, $"{lie}:trainer@8");
        AssertOut(result, "trainer-3", how, from: 8);
    }

    [Theory]
    [Trait("suite", "deep")]
    [InlineData("nan")]
    [InlineData("shape")]
    [InlineData("lie")]
    public async Task Of_two_trainers_that_blame_each_other_one_goes_on_alone(string lie)
    {
        var result = await RunAsync(2, $"{lie}:trainer@8");
        Assert.Single(result.Examination!.State.Changes[^1].View.Shares);
        Assert.Contains(Seen.Notices, notice => notice.Contains("nobody can tell which of them is right", StringComparison.Ordinal));
        Assert.InRange(result.Examination.State.Changes.Count, 2, 6);
    }

    /// <summary>Within ten steps in which it took part.</summary>
    private static void AssertOut(LiveResult result, string node, LossKind how, long from)
    {
        var state = result.Examination!.State;
        Assert.Equal(how == LossKind.Offended, state.Book.IsGuilty(node, new MembershipOptions().OffencesForgiven + 1));
        Assert.Contains(state.Ended, ended => ended.Key.StartsWith(node + "~", StringComparison.Ordinal) && ended.Value.Kind == how);
        long with = 0;
        for (var i = 0; i < state.Changes.Count; i++)
        {
            var view = state.Changes[i].View;
            var until = i + 1 < state.Changes.Count ? state.Changes[i + 1].View.FromStep : UndisturbedRun.Steps;
            if (view.Shares.Any(share => share.Node == node && state.Ended.ContainsKey(share.Trainer)))
            {
                with += Math.Max(0, until - Math.Max(from, view.FromStep));
            }
        }

        Assert.InRange(with, 0, 10);
    }
}
