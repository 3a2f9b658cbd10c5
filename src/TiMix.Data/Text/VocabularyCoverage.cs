namespace TiMix.Data.Text;

/// <summary>Counts words that a vocabulary has no pieces for: a model reads all of them as the same [UNK].</summary>
/// <param name="tokenizer">Of the vocabulary.</param>
public sealed class VocabularyCoverage(WordPieceTokenizer tokenizer)
{
    private const int Shown = 5;
    private readonly List<string> _examples = [];
    private readonly Dictionary<string, bool> _known = new(StringComparer.Ordinal);

    /// <summary>Words of all texts, repeated ones too.</summary>
    public long Words { get; private set; }

    /// <summary>Those of them that are not in the vocabulary.</summary>
    public long Unknown { get; private set; }

    /// <summary>How many of a hundred, from 0 to 100.</summary>
    public double Percent => Words == 0 ? 0 : 100.0 * Unknown / Words;

    /// <summary>The first unknown words.</summary>
    public IReadOnlyList<string> Examples => _examples;

    /// <summary>The words of one text that training keeps.</summary>
    public void Add(string text)
    {
        foreach (var word in CaptionText.Clean(text).Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!_known.TryGetValue(word, out var known))
            {
                _known[word] = known = !tokenizer.HasUnknown(word);
                if (!known && _examples.Count < Shown)
                {
                    _examples.Add(word);
                }
            }

            Words++;
            Unknown += known ? 0 : 1;
        }
    }
}
