using TiMix.Learning.Metrics;

namespace TiMix.Runs.Recipes;

/// <summary>What <c>data.task</c> can be.</summary>
public static class Tasks
{
    /// <summary>Images and captions find each other: recall. Pre-training is measured by it.</summary>
    public const string Retrieval = "retrieval";

    /// <summary>Images are given captions by beam search: BLEU-4, CIDEr.</summary>
    public const string Captioning = "captioning";

    /// <summary>Phrases are found in images: share of boxes of intersection over union 0.5 and more.</summary>
    public const string Grounding = "grounding";

    /// <summary>Questions about images are answered from a list: VQA accuracy.</summary>
    public const string Vqa = "vqa";

    /// <summary>All names.</summary>
    public static IReadOnlyList<string> All { get; } = [Retrieval, Captioning, Grounding, Vqa];

    /// <summary>Phrases of an image that a grounding evaluation looks at, at most.</summary>
    internal const int GroundedPhrases = 100;
}
