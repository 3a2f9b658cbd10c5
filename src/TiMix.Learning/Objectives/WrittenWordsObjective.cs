using TiMix.Learning.Model;
using TiMix.Learning.Runtime;
using static TorchSharp.torch;

namespace TiMix.Learning.Objectives;

/// <summary>Prefix language modelling: the decoder writes a caption on, from its beginning and the image (timix.md, losses, 5).</summary>
public sealed class WrittenWordsObjective : WordObjective
{
    private const ulong Domain = 0x70726566;

    /// <inheritdoc/>
    public override string Name => "prefixLm";

    /// <inheritdoc/>
    public override string Label => "prefix";

    /// <inheritdoc/>
    public override string Meaning => "Weight of prefix language modelling: the decoder writes captions on; 0: no decoder.";

    /// <inheritdoc/>
    public override ModelParts Parts => ModelParts.Decoder;

    /// <inheritdoc/>
    public override WordTask Task(int[] tokens, int count, int microBatch, StepSettings settings, ModelConfig config)
    {
        var split = PrefixSplits.Of(tokens, count, config.SpecialTokens, settings.SeedOf(microBatch, Domain), settings.Prefix);
        return new WordTask(split.Prefixes, split.Inputs, split.Rows, split.Columns, split.Targets);
    }

    /// <inheritdoc/>
    public override Tensor Logits(FusedPass pass, TextTokens words, WordTask task)
    {
        var fused = words with { Tokens = pass.Model.Encoder!.Fuse(words, pass.Images, classOnly: false) };
        var decoder = pass.Model.Decoder!;
        var inputs = TokenMatrix.Of(task.Inputs, checked((int)pass.ImageTokens.size(0)), pass.ImageTokens.device);
        return decoder.Words(FusedPass.At(decoder.Hidden(inputs, decoder.Remember(pass.ImageTokens, fused)), task));
    }
}
