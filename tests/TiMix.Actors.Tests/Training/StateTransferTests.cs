using TiMix.Exchange;
using TiMix.Exchange.Links;
using TiMix.Learning.Model;
using TiMix.Protocol.Messages;
using TiMix.Runs.Recipes;
using TiMix.Work.Training;
using static TorchSharp.torch;

namespace TiMix.Actors.Tests.Training;

/// <summary>A state that is handed over arrives whole, and leaves nothing where it was copied.</summary>
public sealed class StateTransferTests : IDisposable
{
    private static readonly ModelConfig Model = new()
    {
        ImageSize = 16, PatchSize = 4, VisionWidth = 64, VisionLayers = 2, VisionHeads = 2, TextWidth = 64, TextLayers = 2, TextHeads = 2, EmbedDim = 16,
        ContextLength = 6, VocabularySize = 400,
    };

    private readonly ExchangeNode _node = ExchangeNode.Start(new ExchangeOptions { Token = "a token of this test" });

    public void Dispose() => _node.Dispose();

    [Fact]
    public void A_copy_is_taken_over_with_the_same_bits_and_the_heap_holds_none_of_it()
    {
        using var state = new TrainingState(new Recipe(), Model, CPU);
        using var other = new TrainingState(new Recipe { Run = new RunRecipe { Seed = 99 } }, Model, CPU);
        Offer(state);
        _node.Bundles.ReleaseOwner("a");
        var before = GC.GetAllocatedBytesForCurrentThread();
        var offer = Offer(state);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, state.Layout.Length * sizeof(float) / 2);
        Assert.True(_node.Bundles.Bytes > 4 * state.Layout.Length * sizeof(float));
        Assert.True(StateTransfer.Accept(offer, other, _node, TestContext.Current.CancellationToken));
        Assert.Equal(0, _node.Bundles.Bytes);
        Assert.Equal((state.HashOfAll(), state.Student.Fingerprint()), (other.HashOfAll(), other.Student.Fingerprint()));
    }

    [Fact]
    public void A_damaged_state_leaves_nothing_in_the_store()
    {
        using var state = new TrainingState(new Recipe(), Model, CPU);
        state.FlipBit();
        Assert.Throws<StateDamagedException>(() => Offer(state));
        Assert.Equal(0, _node.Bundles.Count);
    }

    private StateMessages.StateOffered Offer(TrainingState state) => StateTransfer.Offer(state, 3, _node.Bundles, "a");
}
