using TiMix.Learning.Model;
using TiMix.Learning.Steps;

namespace TiMix.Learning.Objectives;

/// <summary>One micro-batch, read by the student's encoders: what an objective computes from. Images are the clean ones.</summary>
public sealed class ObjectivePass
{
    private FusedPass? _fused;

    /// <summary>What was read.</summary>
    public required MicroBatch Batch { get; init; }

    /// <summary>The step's numbers.</summary>
    public required StepSettings Settings { get; init; }

    /// <summary>Sizes of the model.</summary>
    public required ModelConfig Config { get; init; }

    /// <summary>Reads more, if it must be.</summary>
    public required DualEncoder Encoder { get; init; }

    /// <summary>The images: features, and patches where <see cref="Objective.NeedsPatches"/> asks for them.</summary>
    public required ImageEncoding Images { get; init; }

    /// <summary>The captions: features and class tokens.</summary>
    public required TextEncoding Texts { get; init; }

    /// <summary>[b, d], values of the images' features.</summary>
    public required float[] ImageFeatures { get; init; }

    /// <summary>[b, d], values of the captions' features.</summary>
    public required float[] TextFeatures { get; init; }

    /// <summary>-ln τ.</summary>
    public required float LogitScale { get; init; }

    /// <summary>The captions token by token; null where nothing is fused.</summary>
    public required CaptionPass? Captions { get; init; }

    /// <summary>Images and captions read together, for objectives that have <see cref="ModelParts.Fusion"/>. Begun by whoever asks first.</summary>
    public FusedPass Fused => _fused ??= new FusedPass(Encoder.Fusion, Captions!, Images.Tokens!);
}
