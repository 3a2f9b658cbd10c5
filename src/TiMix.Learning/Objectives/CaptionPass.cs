using TiMix.Learning.Model;
using TiMix.Learning.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace TiMix.Learning.Objectives;

/// <summary>The captions of a micro-batch, as they are and as the objectives on words change them, through the text encoder in one pass.</summary>
public sealed class CaptionPass
{
    private readonly (string Objective, TextTokens Words, WordTask Task)[] _tasks;

    /// <param name="encoder">Whose text encoder.</param>
    /// <param name="tokens">[b, L], padded.</param>
    /// <param name="count">b.</param>
    /// <param name="tasks">What else is encoded.</param>
    /// <param name="device">Where to compute.</param>
    public CaptionPass(DualEncoder encoder, int[] tokens, int count, WordTasks tasks, Device device)
    {
        int[][] variants = [tokens, .. tasks.All.Select(pair => pair.Task.Tokens)];
        var ids = TokenMatrix.Of([.. variants.SelectMany(variant => variant)], count * variants.Length, device);
        var encoding = encoder.EncodeTexts(ids, all: true);
        var all = TextTokens.Of(encoding, ids);
        Clean = new TextEncoding(encoding.Feature.narrow(0, 0, count), encoding.Cls.narrow(0, 0, count), null);
        CleanTokens = all.Part(0, count);
        _tasks = [.. tasks.All.Select((pair, i) => (pair.Objective.Name, all.Part((i + 1) * count, count), pair.Task))];
    }

    /// <summary>Features and class tokens of the captions as they are.</summary>
    public TextEncoding Clean { get; }

    /// <summary>All tokens of the captions as they are.</summary>
    public TextTokens CleanTokens { get; }

    /// <summary>What an objective asked for, read; null: it is switched off.</summary>
    public (TextTokens Words, WordTask Task)? TaskOf(WordObjective objective)
    {
        foreach (var (name, words, task) in _tasks)
        {
            if (name == objective.Name)
            {
                return (words, task);
            }
        }

        return null;
    }
}
