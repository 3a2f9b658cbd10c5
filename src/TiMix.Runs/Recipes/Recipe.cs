using System.Text.Json.Serialization;
using TiMix.Base;

namespace TiMix.Runs.Recipes;

/// <summary>All settings of a run. Whatever reaches the weights is in here; whatever does not (threads, directories) is not.</summary>
public sealed record Recipe
{
    /// <summary>What is learned from.</summary>
    public DataRecipe Data { get; init; } = new();

    /// <summary>What learns.</summary>
    public ModelRecipe Model { get; init; } = new();

    /// <summary>Batch sizes, optimizer and schedule.</summary>
    public OptimizationRecipe Optimization { get; init; } = new();

    /// <summary>The frozen EMA twin.</summary>
    public TeacherRecipe Teacher { get; init; } = new();

    /// <summary>The mixing of images.</summary>
    public MixRecipe Mix { get; init; } = new();

    /// <summary>Weights of the losses.</summary>
    public ObjectiveRecipe Objective { get; init; } = new();

    /// <summary>Seed, buffers, snapshots, evaluation.</summary>
    public RunRecipe Run { get; init; } = new();
}

/// <summary>Section <c>data</c>.</summary>
public sealed record DataRecipe
{
    /// <summary>Pattern of the training shards (brace ranges allowed), or <c>sample:train</c> for the composed sample corpus.</summary>
    public string Train { get; init; } = "sample:train";

    /// <summary>Part of the training samples that is used; the same ones whatever the seed, and smaller parts lie within larger ones.</summary>
    public double Fraction { get; init; } = 1;

    /// <summary>Pattern of the validation shards; evaluated while training. Empty: none.</summary>
    public string Validation { get; init; } = "sample:validation";

    /// <summary>Name and pattern of each split that is evaluated at the end.</summary>
    public IReadOnlyDictionary<string, string> Tests { get; init; } =
        new SortedDictionary<string, string>(StringComparer.Ordinal) { ["test"] = "sample:test", ["heldout"] = "sample:heldout" };

    /// <summary>WordPiece vocabulary file, or <c>sample:vocabulary</c>.</summary>
    public string Vocabulary { get; init; } = "sample:vocabulary";

    /// <summary>
    /// What the run is measured by, and what samples are made of: <c>retrieval</c> (also for pre-training), <c>captioning</c>,
    /// <c>grounding</c> or <c>vqa</c> (samples are questions with answers).
    /// </summary>
    public string Task { get; init; } = Tasks.Retrieval;

    /// <summary>With task vqa, the answers that are ranked: a file with one a line, or <c>sample:answers</c>.</summary>
    public string Answers { get; init; } = "";

    /// <summary>Tokens of a caption, [CLS] and [SEP] included.</summary>
    public int ContextLength { get; init; } = 24;

    /// <summary>Tokens of a region's phrase, [CLS] and [SEP] included.</summary>
    public int PhraseLength { get; init; } = 8;

    /// <summary>Regions taken of one image in one step, at most.</summary>
    public int RegionsPerImage { get; init; } = 2;

    /// <summary>Random views of the training images.</summary>
    public AugmentationRecipe Augmentation { get; init; } = new();
}

/// <summary>Section <c>data.augmentation</c>.</summary>
public sealed record AugmentationRecipe
{
    /// <summary>Pixels of random shift each way with the whole image kept; 0: random resized crop instead.</summary>
    public int MaxShift { get; init; }

    /// <summary>Smallest share of the area that a random crop keeps.</summary>
    public double MinScale { get; init; } = 0.2;

    /// <summary>Chance of a horizontal flip (never when the caption says left or right).</summary>
    public double Flip { get; init; } = 0.5;

    /// <summary>RandAugment operations an image; 0: none.</summary>
    public int RandAugmentOps { get; init; } = 2;

    /// <summary>RandAugment magnitude, 0 to 10.</summary>
    public int RandAugmentMagnitude { get; init; } = 7;
}

/// <summary>Section <c>model</c>: a preset, any size of which may be overridden.</summary>
public sealed record ModelRecipe
{
    /// <summary>Name of a preset in <c>cluster-config/presets</c>.</summary>
    public string Preset { get; init; } = "sample";

    /// <summary>Side of the input images in pixels; null: the preset's.</summary>
    public int? ImageSize { get; init; }

    /// <summary>Side of a patch in pixels; null: the preset's.</summary>
    public int? PatchSize { get; init; }

    /// <summary>Width of the image encoder; null: the preset's.</summary>
    public int? VisionWidth { get; init; }

    /// <summary>Blocks of the image encoder; null: the preset's.</summary>
    public int? VisionLayers { get; init; }

    /// <summary>Attention heads of the image encoder; null: the preset's.</summary>
    public int? VisionHeads { get; init; }

    /// <summary>Width of the text encoder; null: the preset's.</summary>
    public int? TextWidth { get; init; }

    /// <summary>Blocks of the text encoder; null: the preset's.</summary>
    public int? TextLayers { get; init; }

    /// <summary>Attention heads of the text encoder; null: the preset's.</summary>
    public int? TextHeads { get; init; }

    /// <summary>Width of the shared embedding; null: the preset's.</summary>
    public int? EmbedDim { get; init; }

    /// <summary>Blocks of the fusion encoder, when an objective needs it; null: the preset's.</summary>
    public int? FusionLayers { get; init; }

    /// <summary>Blocks of the decoder, when an objective needs it; null: the preset's.</summary>
    public int? DecoderLayers { get; init; }

    /// <summary><c>float32</c>, or <c>bf16</c> for devices that multiply it faster; parameters stay float32. Null: the preset's.</summary>
    public string? Precision { get; init; }

    /// <summary>
    /// 1: blocks are computed again in the backward pass instead of being kept for it, for models too deep for the memory. Null: the preset's.
    /// </summary>
    public int? Recompute { get; init; }

    /// <summary>Layout of the text encoder: <c>timix</c>, or <c>bert</c> for weights of BERT. Null: the preset's.</summary>
    public string? TextLayout { get; init; }

    /// <summary>Of the image encoder: <c>gelu</c>, or <c>quick_gelu</c> for weights of OpenAI. Null: the preset's.</summary>
    public string? VisionActivation { get; init; }

    /// <summary>Of the text encoder: <c>gelu</c> or <c>quick_gelu</c>. Null: the preset's.</summary>
    public string? TextActivation { get; init; }

    /// <summary>
    /// What to start from: the directory of a run (its newest snapshot is taken) or of a snapshot, or a safetensors file written by
    /// <c>timix import</c>; what it lacks starts from the seed. Empty: nothing. The file itself is written down when a run begins.
    /// </summary>
    public string Init { get; init; } = "";

    /// <summary>SHA-256 of that file; written down when a run begins if it is empty.</summary>
    public string InitSha256 { get; init; } = "";
}

/// <summary>Section <c>optimization</c>.</summary>
public sealed record OptimizationRecipe
{
    /// <summary>Optimizer steps of the run.</summary>
    public long Steps { get; init; } = 1000;

    /// <summary>Micro-batches V of a global batch.</summary>
    public int MicroBatches { get; init; } = 4;

    /// <summary>Samples b of a micro-batch; even, for mixing pairs.</summary>
    public int MicroBatchSize { get; init; } = 32;

    /// <summary>Peak learning rate.</summary>
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>Peak learning rate of the parameters that <c>model.init</c> gives; null: the same.</summary>
    public double? PretrainedLearningRate { get; init; }

    /// <summary>Steps of linear warm-up from <see cref="Floor"/>.</summary>
    public long WarmupSteps { get; init; } = 100;

    /// <summary>Learning rate at the start of the warm-up and at the end of the cosine.</summary>
    public double Floor { get; init; } = 1e-6;

    /// <summary>AdamW decay, on matrices only.</summary>
    public double WeightDecay { get; init; } = 0.1;

    /// <summary>AdamW β1.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>AdamW β2.</summary>
    public double Beta2 { get; init; } = 0.98;

    /// <summary>AdamW ε.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Largest gradient norm; 0: no clipping.</summary>
    public double ClipNorm { get; init; } = 1.0;
}

/// <summary>Section <c>teacher</c>.</summary>
public sealed record TeacherRecipe
{
    /// <summary>Decay of the exponential moving average, per step.</summary>
    public double Decay { get; init; } = 0.995;

    /// <summary>Steps K between two versions that the mixer gets. Steps [jK, (j+1)K) use the average as of step (j-1)K.</summary>
    public long RefreshEvery { get; init; } = 10;
}

/// <summary>Section <c>mix</c>.</summary>
public sealed record MixRecipe
{
    /// <summary>Name of one of <c>MixMethods</c>, of which <see cref="RecipeKeys"/> makes what is said of this key.</summary>
    public string Method { get; init; } = "timix";

    /// <summary>hard, self or blend.</summary>
    public string Labels { get; init; } = "hard";

    /// <summary>Share of the hard label in <c>blend</c>.</summary>
    public double Beta { get; init; } = 0.5;

    /// <summary>Smallest side of the window as a share of the patches a side.</summary>
    public double MinSide { get; init; } = 0.35;

    /// <summary>Largest side of the window as a share of the patches a side.</summary>
    public double MaxSide { get; init; } = 0.75;

    /// <summary>Weight γ of the mixed loss when the ramp is over.</summary>
    public double Weight { get; init; } = 1.0;

    /// <summary>Steps over which the weight rises from 0.</summary>
    public long RampSteps { get; init; } = 200;

    /// <summary>Share of the run after which mixing stops.</summary>
    public double Until { get; init; } = 0.67;
}

/// <summary>Section <c>objective</c>.</summary>
public sealed record ObjectiveRecipe
{
    /// <summary>Share α of the teacher's soft targets when the ramp is over.</summary>
    public double DistillAlpha { get; init; } = 0.4;

    /// <summary>Steps over which α rises from 0.</summary>
    public long DistillRampSteps { get; init; } = 62;

    /// <summary>Weight of the contrastive loss of clean images; 0 where only words or boxes are to be learned.</summary>
    public double ItcWeight { get; init; } = 1.0;

    /// <summary>Weights of the objectives and their other numbers, by their keys in this section; what there is, the objectives say.</summary>
    [JsonIgnore]
    public Named<double> Numbers { get; internal set; } = ObjectiveKeys.Numbers;

    /// <summary>What is not a number of the same.</summary>
    [JsonIgnore]
    public Named<string> Words { get; internal set; } = ObjectiveKeys.Words;

    /// <summary>The same with another number.</summary>
    /// <param name="key">One that an objective has.</param>
    /// <param name="value">Its value.</param>
    public ObjectiveRecipe With(string key, double value) => this with { Numbers = Numbers.With(key, value) };

    /// <summary>The same with another word.</summary>
    /// <param name="key">One that an objective has.</param>
    /// <param name="value">Its value.</param>
    public ObjectiveRecipe With(string key, string value) => this with { Words = Words.With(key, value) };
}

/// <summary>Section <c>run</c>.</summary>
public sealed record RunRecipe
{
    /// <summary>Seed of everything random.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Micro-batches that may wait between loader and trainer. Does not reach the result.</summary>
    public int Prefetch { get; init; } = 8;

    /// <summary>Micro-batches whose graphs are kept from the forward to the backward pass; the rest run forward twice. Does not reach the result.</summary>
    public int GraphsInMemory { get; init; } = 16;

    /// <summary>Steps between snapshots.</summary>
    public long SnapshotEvery { get; init; } = 100;

    /// <summary>Snapshots kept.</summary>
    public int KeepSnapshots { get; init; } = 3;

    /// <summary>Steps between evaluations on the validation split; each takes a snapshot of its own step. 0: only at the end.</summary>
    public long EvaluateEvery { get; init; } = 250;

    /// <summary>
    /// Candidates of every image and caption that the matching head, if there is one, ranks anew in an evaluation; timix.md has 256.
    /// 0: none. Does not reach the weights.
    /// </summary>
    public int RerankCandidates { get; init; } = 16;

    /// <summary>Beams of the captioner in an evaluation; 1: greedy. Does not reach the weights.</summary>
    public int Beams { get; init; } = 3;

    /// <summary>A caption of n words is scored log p / (n + 1)^lengthPenalty; 0 favours short ones. Does not reach the weights.</summary>
    public double LengthPenalty { get; init; } = 1;
}
