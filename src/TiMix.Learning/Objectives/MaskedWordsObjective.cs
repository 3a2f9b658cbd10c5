using TiMix.Learning.Model;
using static TorchSharp.torch;

namespace TiMix.Learning.Objectives;

/// <summary>Masked language modelling: hidden words of the caption, guessed from the others and from the image (timix.md, losses, 4).</summary>
public sealed class MaskedWordsObjective : WordObjective
{
    private const ulong Domain = 0x6D61736B;
    private const string Share = "mlmShare";

    /// <inheritdoc/>
    public override string Name => "mlm";

    /// <inheritdoc/>
    public override string Meaning => "Weight of masked language modelling; 0: no such head.";

    /// <inheritdoc/>
    public override IReadOnlyList<ObjectiveSetting> Settings { get; } = [new ObjectiveNumber(Share, 0.15, 0, 1, "Share of the words that are hidden in it.")];

    /// <inheritdoc/>
    public override bool ReportsAccuracy => true;

    /// <inheritdoc/>
    public override ModelParts Parts => ModelParts.Masked;

    /// <inheritdoc/>
    public override WordTask Task(int[] tokens, int count, int microBatch, StepSettings settings, ModelConfig config)
    {
        var masked = MaskedTokens.Of(tokens, count, config.VocabularySize, config.SpecialTokens, settings.Numbers[Share], settings.SeedOf(microBatch, Domain));
        return new WordTask(masked.Tokens, [], masked.Rows, masked.Columns, masked.Targets);
    }

    /// <inheritdoc/>
    public override Tensor Logits(FusedPass pass, TextTokens words, WordTask task) =>
        pass.Model.Masked!.Logits(FusedPass.At(pass.Model.Encoder!.Fuse(words, pass.Images, classOnly: false), task));
}
