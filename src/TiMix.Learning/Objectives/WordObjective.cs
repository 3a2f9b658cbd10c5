using TiMix.Learning.Model;
using TiMix.Learning.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace TiMix.Learning.Objectives;

/// <summary>
/// Which word? Cross-entropy over the vocabulary, a share α of it against the teacher's distribution over the same vocabulary
/// (timix.md, losses, 4): (1 - α)·CE(word) + α·CE(teacher).
/// </summary>
public abstract class WordObjective : Objective
{
    /// <summary>
    /// What the captions are turned into. A pure function of the captions and of (run seed, step, micro-batch): mixer and trainer compute it
    /// each for itself.
    /// </summary>
    /// <param name="tokens">[b, L], padded with 0.</param>
    /// <param name="count">b.</param>
    /// <param name="microBatch">Place in the global batch.</param>
    /// <param name="settings">The seed, and the objective's numbers.</param>
    /// <param name="config">Vocabulary.</param>
    public abstract WordTask Task(int[] tokens, int count, int microBatch, StepSettings settings, ModelConfig config);

    /// <summary>Logits of the task's words, of teacher or student.</summary>
    /// <param name="pass">Images and captions.</param>
    /// <param name="words">The task's tokens, read by the text encoder.</param>
    /// <param name="task">At least one prediction.</param>
    /// <returns>[p, V].</returns>
    public abstract Tensor Logits(FusedPass pass, TextTokens words, WordTask task);

    /// <inheritdoc/>
    public sealed override ObjectiveLoss? Compute(ObjectivePass pass) => pass.Fused.Logits(this) is { } logits
        ? Loss(logits, pass.Captions!.TaskOf(this)!.Value.Task.Targets, pass.Batch.TeacherWords[Name] ?? [], pass.Settings.DistillAlpha)
        : null;

    /// <summary>The SUM over predictions: the caller divides by the number of predictions of the global batch.</summary>
    /// <param name="logits">float [p, V], p at least 1.</param>
    /// <param name="targets">[p], the words that are right.</param>
    /// <param name="teacher">[p, V], rows of probabilities; not read when α is 0.</param>
    /// <param name="alpha">Share of the teacher.</param>
    /// <returns>The differentiable sum in nats, which the caller disposes; predictions, and how many put the right word first.</returns>
    /// <exception cref="ArgumentException">Shapes that do not fit.</exception>
    internal static ObjectiveLoss Loss(Tensor logits, int[] targets, float[] teacher, double alpha)
    {
        if (logits.dim() != 2 || logits.size(0) != targets.Length || (alpha > 0 && teacher.Length != logits.numel()))
        {
            throw new ArgumentException($"{targets.Length} words need [{targets.Length}, V] logits and as many probabilities of the teacher; got "
                + $"[{string.Join(", ", logits.shape)}] and {teacher.Length}.");
        }

        using var scope = NewDisposeScope();
        var words = tensor(targets, device: logits.device).to(ScalarType.Int64);
        var logProbabilities = logits.log_softmax(1);
        var loss = logProbabilities.gather(1, words.unsqueeze(1)).sum().neg();
        if (alpha > 0)
        {
            var soft = (HostFloats.ToTensor(teacher, logits.shape, logits.device) * logProbabilities).sum().neg();
            loss = (loss * (1 - alpha)) + (soft * alpha);
        }

        var correct = logits.detach().argmax(1).eq(words).sum().item<long>();
        return new ObjectiveLoss(loss.MoveToOuterDisposeScope(), targets.Length, correct);
    }
}
