using TiMix.Learning.Model;
using static TorchSharp.torch;

namespace TiMix.Learning.Objectives;

/// <summary>
/// Images and captions read together (timix.md, losses, 3 to 5). An image's keys and values for the fusion encoder are computed once for
/// all objectives. Teacher and student both use it, so they predict words at the same places.
/// </summary>
public sealed class FusedPass
{
    /// <param name="model">Fusion encoder, heads, decoder.</param>
    /// <param name="captions">The captions and what the objectives make of them.</param>
    /// <param name="imageTokens">[b, 1+N, C].</param>
    public FusedPass(FusionModel model, CaptionPass captions, Tensor imageTokens) =>
        (Model, Captions, ImageTokens, Images) = (model, captions, imageTokens, model.Encoder!.Remember(imageTokens));

    /// <summary>Fusion encoder, heads, decoder; those that the objectives ask for are there.</summary>
    public FusionModel Model { get; }

    /// <summary>The captions and what the objectives make of them.</summary>
    public CaptionPass Captions { get; }

    /// <summary>[b, 1+N, C], all tokens of the images.</summary>
    public Tensor ImageTokens { get; }

    /// <summary>What the fusion encoder looks at, a row an image.</summary>
    public CrossMemory Images { get; }

    /// <summary>Logits of the words that an objective predicts, [p, V]; null: there are none.</summary>
    public Tensor? Logits(WordObjective objective) => Captions.TaskOf(objective) is { } read && read.Task.Rows.Length > 0
        ? objective.Logits(this, read.Words, read.Task)
        : null;

    /// <summary>Single tokens of [b, T, Ct] as [p, Ct].</summary>
    /// <param name="tokens">[b, T, Ct].</param>
    /// <param name="task">Says which.</param>
    public static Tensor At(Tensor tokens, WordTask task)
    {
        var length = tokens.size(1);
        var flat = task.Rows.Zip(task.Columns, (row, column) => (row * length) + column).ToArray();
        return tokens.reshape(-1, tokens.size(2)).index_select(0, tensor(flat, device: tokens.device));
    }
}
