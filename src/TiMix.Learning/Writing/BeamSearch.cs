using TiMix.Learning.Model;
using TiMix.Learning.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace TiMix.Learning.Writing;

/// <summary>A text that the decoder has written.</summary>
/// <param name="Words">Ids, without [CLS] and [SEP]; may be empty.</param>
/// <param name="LogProbability">Of all its words and of the [SEP] after them, in nats.</param>
/// <param name="Score">What it won by: see <see cref="BeamOptions.LengthPenalty"/>.</param>
public sealed record WrittenText(int[] Words, double LogProbability, double Score);

/// <summary>How far the search looks.</summary>
public sealed record BeamOptions
{
    /// <summary>Unfinished texts K that are kept of every image; 1: greedy.</summary>
    public int Beams { get; init; } = 3;

    /// <summary>Longest text, in words of the vocabulary; less than the decoder's context.</summary>
    public required int MostWords { get; init; }

    /// <summary>
    /// A text of n words is scored log p / (n + 1)^penalty, [SEP] counted: 0 is the plain log-probability, which favours short
    /// texts; 1 its mean over the words.
    /// </summary>
    public double LengthPenalty { get; init; } = 1;
}

/// <summary>
/// Beam search: of every image the K most probable unfinished texts are written on by a word at a time. Every one of them may
/// also end with [SEP], which takes no place among the K; the finished text of the best score wins. The search of an image is
/// over when no unfinished text can reach that score any more. What is equal is decided by the earlier text, then by the lower
/// id, so the result does not depend on anything else.
/// </summary>
public static class BeamSearch
{
    private sealed record Beam(int[] Words, double LogProbability);

    /// <summary>The best text for every row of a memory.</summary>
    /// <param name="decoder">Writes.</param>
    /// <param name="memory">Of <paramref name="rows"/> images with their prefixes, from <see cref="PrefixDecoder.Remember"/>.</param>
    /// <param name="rows">b.</param>
    /// <param name="special">Ids that are never written.</param>
    /// <param name="device">Where the memory is.</param>
    /// <param name="options">Width, length and scoring.</param>
    /// <exception cref="ArgumentException">Options that cannot be.</exception>
    public static WrittenText[] Write(PrefixDecoder decoder, CrossMemory memory, int rows, SpecialTokens special, Device device, BeamOptions options)
    {
        if (options.Beams < 1 || options.MostWords < 1 || !(options.LengthPenalty >= 0) || !double.IsFinite(options.LengthPenalty))
        {
            throw new ArgumentException($"A beam search needs 1 beam and 1 word at least and a length penalty from 0 up; got {options.Beams}, "
                + $"{options.MostWords} and {options.LengthPenalty}.", nameof(options));
        }

        var best = new WrittenText?[rows];
        var live = new List<Beam>[rows];
        for (var row = 0; row < rows; row++)
        {
            live[row] = [new Beam([], 0)];
        }

        for (var length = 0; length <= options.MostWords; length++)
        {
            int[] owners = [.. live.SelectMany((beams, row) => Enumerable.Repeat(row, beams.Count))];
            if (owners.Length == 0)
            {
                break;
            }

            Beam[] beams = [.. live.SelectMany(of => of)];
            var next = NextWords(decoder, memory, owners, beams, length, special, device);
            var vocabulary = next.Length / owners.Length;
            for (var (row, first) = (0, 0); row < rows; row++)
            {
                var own = live[row];
                live[row] = Extend(own, next.AsSpan(first * vocabulary, own.Count * vocabulary), vocabulary, special, options, length, ref best[row]);
                first += own.Count;
            }
        }

        return [.. best.Select(text => text!)];
    }

    /// <summary>Ends every beam, and gives the K best of those that go on; none where the search is over.</summary>
    private static List<Beam> Extend(
        List<Beam> beams, ReadOnlySpan<float> next, int vocabulary, SpecialTokens special, BeamOptions options, int length, ref WrittenText? best)
    {
        var kept = new List<(double LogProbability, int Beam, int Word)>(options.Beams + 1);
        for (var beam = 0; beam < beams.Count; beam++)
        {
            var row = next.Slice(beam * vocabulary, vocabulary);
            var ended = beams[beam].LogProbability + row[special.Separator];
            var score = Score(ended, length, options);
            if (best is null || score > best.Score)
            {
                best = new WrittenText(beams[beam].Words, ended, score);
            }

            for (var word = 0; word < vocabulary && length < options.MostWords; word++)
            {
                if (special.IsWord(word))
                {
                    Keep(kept, (beams[beam].LogProbability + row[word], beam, word), options.Beams);
                }
            }
        }

        // Log-probabilities only fall, and the longest text divides them by most.
        var reached = best!.Score;
        return [.. kept.Where(candidate => Score(candidate.LogProbability, options.MostWords, options) > reached)
            .Select(candidate => new Beam([.. beams[candidate.Beam].Words, candidate.Word], candidate.LogProbability))];
    }

    private static void Keep(List<(double LogProbability, int Beam, int Word)> kept, (double LogProbability, int Beam, int Word) candidate, int most)
    {
        if (kept.Count == most && !(candidate.LogProbability > kept[^1].LogProbability))
        {
            return;
        }

        var place = kept.Count;
        while (place > 0 && candidate.LogProbability > kept[place - 1].LogProbability)
        {
            place--;
        }

        kept.Insert(place, candidate);
        if (kept.Count > most)
        {
            kept.RemoveAt(most);
        }
    }

    private static double Score(double logProbability, int words, BeamOptions options) => logProbability / Math.Pow(words + 1, options.LengthPenalty);

    /// <summary>[P, V] log-probabilities of the word after each beam.</summary>
    private static float[] NextWords(PrefixDecoder decoder, CrossMemory memory, int[] owners, Beam[] beams, int length, SpecialTokens special, Device device)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        long[] ids = [.. beams.SelectMany(beam => beam.Words.Prepend(special.Class)).Select(id => (long)id)];
        var hidden = decoder.Hidden(
            tensor(ids, [owners.Length, length + 1], device: device), memory.Select(tensor(owners.Select(row => (long)row).ToArray(), device: device)));
        return HostFloats.Of(decoder.Words(hidden.select(1, length)).log_softmax(1));
    }
}
