using TiMix.Learning.Model;
using TiMix.Learning.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace TiMix.Learning.Writing;

/// <summary>
/// Which answer of a list would the decoder most likely have written? Answers are ranked by log p of all their words and of the
/// [SEP] after them, without normalisation by length, as ALBEF and TiMix answer VQA.
/// </summary>
public sealed class AnswerRanking
{
    private const int PairsAtOnce = 256;
    private readonly PrefixDecoder _decoder;
    private readonly IReadOnlyList<int[]> _answers;
    private readonly SpecialTokens _special;
    private readonly Device _device;

    /// <param name="decoder">Writes.</param>
    /// <param name="answers">Ids of each answer's words, without [CLS] and [SEP]; shorter than the decoder's context.</param>
    /// <param name="special">Ids that are no words.</param>
    /// <param name="device">Where the memories are.</param>
    /// <exception cref="ArgumentException">There is no answer, or one without a word.</exception>
    public AnswerRanking(PrefixDecoder decoder, IReadOnlyList<int[]> answers, SpecialTokens special, Device device)
    {
        if (answers.Count == 0 || answers.Any(answer => answer.Length == 0))
        {
            throw new ArgumentException("Answers to be ranked need a word each, and there must be one at least.", nameof(answers));
        }

        (_decoder, _answers, _special, _device) = (decoder, answers, special, device);
    }

    /// <summary>
    /// The most likely answer for every row: the same as if all were computed. An answer is at most as likely as its first word,
    /// so those are computed in the order of their first word's probability until the best is likelier than the next first word.
    /// </summary>
    /// <param name="memory">Of images with questions, from <see cref="PrefixDecoder.Remember"/>.</param>
    /// <param name="rows">Questions.</param>
    /// <param name="atOnce">Answers of a question that are computed together.</param>
    /// <returns>For each row the answer's index (of equal ones the lowest) and its log-likelihood in nats.</returns>
    public (int Answer, double LogLikelihood)[] Best(CrossMemory memory, int rows, int atOnce = 8)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(atOnce, 1);
        var first = FirstWords(memory, rows);
        var vocabulary = first.Length / rows;
        float Bound(int row, int answer) => first[(row * vocabulary) + _answers[answer][0]];
        int[][] order =
            [.. Enumerable.Range(0, rows).Select(row => Enumerable.Range(0, _answers.Count).OrderByDescending(answer => Bound(row, answer)).ToArray())];
        var best = Enumerable.Repeat((Answer: -1, LogLikelihood: double.NegativeInfinity), rows).ToArray();
        for (var done = 0; done < _answers.Count; done += atOnce)
        {
            var pairs = Enumerable.Range(0, rows).Where(row => best[row].LogLikelihood <= Bound(row, order[row][done]))
                .SelectMany(row => order[row].Skip(done).Take(atOnce).Select(answer => (Row: row, Answer: answer))).ToList();
            if (pairs.Count == 0)
            {
                break;
            }

            foreach (var ((row, answer), likelihood) in pairs.Zip(LogLikelihoods(memory, pairs)))
            {
                if (likelihood > best[row].LogLikelihood || (likelihood == best[row].LogLikelihood && answer < best[row].Answer))
                {
                    best[row] = (answer, likelihood);
                }
            }
        }

        return best;
    }

    /// <summary>log p of answers, in nats.</summary>
    /// <param name="memory">Of images with questions.</param>
    /// <param name="pairs">Which answer to which row.</param>
    /// <returns>One number a pair.</returns>
    public double[] LogLikelihoods(CrossMemory memory, IReadOnlyList<(int Row, int Answer)> pairs)
    {
        var likelihoods = new List<double>(pairs.Count);
        foreach (var chunk in pairs.Chunk(PairsAtOnce))
        {
            likelihoods.AddRange(Some(memory, chunk));
        }

        return [.. likelihoods];
    }

    private double[] Some(CrossMemory memory, (int Row, int Answer)[] pairs)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var length = pairs.Max(pair => _answers[pair.Answer].Length) + 1;
        var inputs = new long[pairs.Length * length];
        var (places, targets) = (new List<long>(), new List<long>());
        for (var i = 0; i < pairs.Length; i++)
        {
            int[] words = [.. _answers[pairs[i].Answer], _special.Separator];
            inputs[i * length] = _special.Class;
            for (var column = 0; column < words.Length; column++)
            {
                places.Add((i * length) + column);
                targets.Add(words[column]);
                if (column + 1 < words.Length)
                {
                    inputs[(i * length) + column + 1] = words[column];
                }
            }
        }

        var hidden = _decoder.Hidden(
            tensor(inputs, [pairs.Length, length], device: _device), memory.Select(tensor(pairs.Select(pair => (long)pair.Row).ToArray(), device: _device)));
        var said = hidden.reshape(-1, hidden.size(2)).index_select(0, tensor(places.ToArray(), device: _device));
        var found = HostFloats.Of(_decoder.Words(said).log_softmax(1).gather(1, tensor(targets.ToArray(), device: _device).unsqueeze(1)));
        var likelihoods = new double[pairs.Length];
        for (var i = 0; i < found.Length; i++)
        {
            likelihoods[places[i] / length] += found[i];
        }

        return likelihoods;
    }

    /// <summary>[rows, V] log p of the first word.</summary>
    private float[] FirstWords(CrossMemory memory, int rows)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var hidden = _decoder.Hidden(full([rows, 1], _special.Class, dtype: ScalarType.Int64, device: _device), memory);
        return HostFloats.Of(_decoder.Words(hidden.select(1, 0)).log_softmax(1));
    }
}
