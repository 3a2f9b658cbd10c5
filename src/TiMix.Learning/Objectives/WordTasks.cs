using TiMix.Learning.Model;

namespace TiMix.Learning.Objectives;

/// <summary>The captions of one micro-batch as an objective wants them read, and the words that are to be found in them.</summary>
/// <param name="Tokens">[b, L], what the text encoder reads in place of the captions.</param>
/// <param name="Inputs">[b, L], what a decoder is given; empty where none writes.</param>
/// <param name="Rows">[p], caption of each prediction, ascending.</param>
/// <param name="Columns">[p], its place.</param>
/// <param name="Targets">[p], the words that are right.</param>
public sealed record WordTask(int[] Tokens, int[] Inputs, int[] Rows, int[] Columns, int[] Targets);

/// <summary>What the captions of one micro-batch are turned into in one step, by the objectives on words that are switched on.</summary>
/// <param name="All">In the order of the objectives.</param>
public sealed record WordTasks(IReadOnlyList<(WordObjective Objective, WordTask Task)> All)
{
    /// <summary>The task of one objective; null: it is switched off.</summary>
    public WordTask? Of(string objective) => All.FirstOrDefault(pair => pair.Objective.Name == objective).Task;

    /// <summary>A pure function of the captions and of (run seed, step, micro-batch): mixer and trainer compute it each for itself.</summary>
    /// <param name="tokens">[b, L], padded with 0.</param>
    /// <param name="count">b.</param>
    /// <param name="microBatch">Place in the global batch.</param>
    /// <param name="settings">Which are wanted, and the seed.</param>
    /// <param name="config">Vocabulary.</param>
    public static WordTasks Of(int[] tokens, int count, int microBatch, StepSettings settings, ModelConfig config) =>
        new([.. settings.Active.OfType<WordObjective>().Select(objective => (objective, objective.Task(tokens, count, microBatch, settings, config)))]);
}
