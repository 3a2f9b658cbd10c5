using TiMix.Base;
using TiMix.Data.Augmentation;
using TiMix.Data.Images;
using TiMix.Data.Text;

namespace TiMix.Data.Loading;

/// <summary>A region after the view: its box in pixels of the result, its phrase as tokens.</summary>
internal readonly record struct PreparedRegion(Box Box, int[] Tokens, bool InCaption);

/// <summary>A sample but for its pixels, which are written in place.</summary>
/// <param name="Caption">Cleaned.</param>
/// <param name="Tokens">[L] of that caption.</param>
/// <param name="Regions">With boxes in the result.</param>
internal sealed record PreparedSample(string Caption, int[] Tokens, IReadOnlyList<PreparedRegion> Regions)
{
    /// <summary>Every caption of the picture, cleaned, with its [L] tokens; empty for training.</summary>
    public IReadOnlyList<(string Text, int[] Tokens)> Captions { get; init; } = [];

    /// <summary>[L] tokens of every question and what people answered; empty for training.</summary>
    public IReadOnlyList<(int[] Tokens, IReadOnlyList<string> Answers)> Questions { get; init; } = [];
}

/// <summary>One raw sample to pixels, tokens and regions. What cannot be used throws a <see cref="SampleException"/> with the reason.</summary>
internal sealed class SamplePreparer(ITokenizer tokenizer, LoaderOptions options)
{
    /// <summary>A training sample, varied by the generator.</summary>
    /// <param name="raw">As read.</param>
    /// <param name="captionSeed">Chooses one of its captions; of this sample in this epoch.</param>
    /// <param name="random">Everything else; of this sample in this epoch.</param>
    /// <param name="pixels">uint8 [3, S, S], planar RGB; written.</param>
    /// <param name="second">Of the second view; does not reach the first.</param>
    /// <param name="secondPixels">uint8 [3, S, S], a second view of the same picture; written. Empty: none is wanted.</param>
    public PreparedSample ForTraining(RawSample raw, ulong captionSeed, SeededRandom random, Span<byte> pixels, SeededRandom second, Span<byte> secondPixels)
    {
        var (caption, tokens) = options.Questions ? DrawQuestion(raw, captionSeed) : DrawCaption(raw, captionSeed);
        using var image = ImageDecoder.Decode(raw.Image, options.MaxPixels);
        var phrases = CleanPhrases(raw, image);
        var carried = Vary(image, caption, phrases, ref random, pixels);
        if (!secondPixels.IsEmpty)
        {
            Vary(image, caption, phrases, ref second, secondPixels);
        }

        return Finish(caption, tokens, carried);
    }

    private (string Text, int[] Tokens) DrawCaption(RawSample raw, ulong seed)
    {
        var captions = CleanCaptions(raw);
        var caption = captions.Count == 1 ? captions[0] : captions[new SeededRandom(seed).NextInt(captions.Count)];
        return (caption, tokenizer.Encode(caption, options.ContextLength));
    }

    /// <summary>A question and one person's answer: what many people gave is drawn as often.</summary>
    private (string Text, int[] Tokens) DrawQuestion(RawSample raw, ulong seed)
    {
        var questions = CleanQuestions(raw);
        var random = new SeededRandom(seed);
        var (question, _, answers) = questions[random.NextInt(questions.Count)];
        var answer = answers[random.NextInt(answers.Count)];
        return ($"{question} {answer}", tokenizer.EncodePair(question, answer, options.ContextLength));
    }

    /// <summary>Draws a view and renders it.</summary>
    /// <returns>The regions that can be seen in it, no more than wanted.</returns>
    private List<(Box Box, string Text)> Vary(
        DecodedImage image, string caption, List<(Box Box, string Text)> phrases, ref SeededRandom random, Span<byte> pixels)
    {
        var mayFlip = !CaptionText.SaysSide(caption) && !phrases.Exists(phrase => CaptionText.SaysSide(phrase.Text));
        var view = AugmentedView.Draw(image.Width, image.Height, options.Augmentation, mayFlip, ref random);
        view.Render(image, options.ImageSize, pixels);
        var carried = Carry(view, phrases);
        if (carried.Count > options.RegionsPerImage)
        {
            // The first n of a partial shuffle, in their stored order: every set of n is equally likely.
            var chosen = Enumerable.Range(0, carried.Count).ToArray();
            random.Shuffle(chosen.AsSpan());
            carried = chosen.Take(options.RegionsPerImage).Order().Select(i => carried[i]).ToList();
        }

        RandAugment.Apply(pixels, options.ImageSize, options.Augmentation, mayMove: carried.Count == 0, ref random);
        return carried;
    }

    /// <summary>A sample for evaluation: the centre, the first regions that can be seen.</summary>
    /// <param name="raw">As read.</param>
    /// <param name="pixels">uint8 [3, S, S], planar RGB; written.</param>
    public PreparedSample ForEvaluation(RawSample raw, Span<byte> pixels)
    {
        var questions = options.Questions ? CleanQuestions(raw) : [];
        var captions = options.Questions ? questions.ConvertAll(question => question.Text) : CleanCaptions(raw);
        using var image = ImageDecoder.Decode(raw.Image, options.MaxPixels);
        var phrases = CleanPhrases(raw, image);
        var view = AugmentedView.Centre(image.Width, image.Height);
        view.Render(image, options.ImageSize, pixels);
        var carried = Carry(view, phrases);
        var tokens = captions.ConvertAll(caption => tokenizer.Encode(caption, options.ContextLength));
        return Finish(captions[0], tokens[0], carried.Count > options.RegionsPerImage ? carried[..options.RegionsPerImage] : carried) with
        {
            Captions = [.. captions.Zip(tokens)],
            Questions = [.. questions.Zip(tokens, (question, row) => (row, question.Given))],
        };
    }

    /// <summary>Those that have a word, cleaned; one at least.</summary>
    private static List<string> CleanCaptions(RawSample raw)
    {
        var cleaned = raw.Captions.Select(CaptionText.Clean).Where(CaptionText.HasWord).ToList();
        return cleaned.Count > 0 ? cleaned : throw new SampleException(raw.Captions.All(caption => caption.Length == 0)
            ? "has no caption" + Why(raw)
            : "its caption has no word");
    }

    /// <summary>Those that have a word and an answer that has one; as written (what was given) and cleaned.</summary>
    private static List<(string Text, IReadOnlyList<string> Given, List<string> Answers)> CleanQuestions(RawSample raw)
    {
        var cleaned = raw.Questions
            .Select(
                question => (
                    Text: CaptionText.Clean(question.Text), Given: question.Answers,
                    Answers: question.Answers.Select(CaptionText.Clean).Where(answer => answer.Length > 0).ToList()))
            .Where(question => CaptionText.HasWord(question.Text) && question.Answers.Count > 0).ToList();
        return cleaned.Count > 0 ? cleaned : throw new SampleException("has no question with an answer" + Why(raw));
    }

    private static string Why(RawSample raw) => raw.LeftOut.Count > 0 ? $" (in its json, {raw.LeftOut[0]})" : "";

    private static List<(Box Box, string Text)> CleanPhrases(RawSample raw, DecodedImage image)
    {
        var phrases = new List<(Box, string)>(raw.Regions.Count);
        foreach (var region in raw.Regions)
        {
            var text = CaptionText.Clean(region.Phrase);
            if (CaptionText.HasWord(text))
            {
                phrases.Add((BoxFit.ToStored(region.Box, region.Of, image), text));
            }
        }

        return phrases;
    }

    private List<(Box Box, string Text)> Carry(AugmentedView view, List<(Box Box, string Text)> phrases)
    {
        var carried = new List<(Box, string)>(phrases.Count);
        foreach (var (box, text) in phrases)
        {
            if (view.Carry(box, options.ImageSize) is { } seen)
            {
                carried.Add((seen, text));
            }
        }

        return carried;
    }

    private PreparedSample Finish(string caption, int[] tokens, List<(Box Box, string Text)> carried)
    {
        var regions = carried.ConvertAll(region => new PreparedRegion(
            region.Box, tokenizer.Encode(region.Text, options.PhraseLength), CaptionText.Contains(caption, region.Text)));
        return new PreparedSample(caption, tokens, regions);
    }
}

/// <summary>Puts prepared samples together.</summary>
internal sealed class BatchBuilder(LoaderOptions options, int capacity, bool secondViews = false)
{
    private readonly byte[] _pixels = new byte[capacity * PixelsOf(options)];
    private readonly byte[] _secondPixels = secondViews ? new byte[capacity * PixelsOf(options)] : [];
    private readonly List<int> _indices = new(capacity);
    private readonly List<PreparedSample> _samples = new(capacity);

    public int Count => _samples.Count;

    /// <summary>Where the pixels of the next sample go.</summary>
    public Span<byte> NextPixels => _pixels.AsSpan(Count * PixelsOf(options), PixelsOf(options));

    /// <summary>Where the second view of the next sample goes; empty: none is wanted.</summary>
    public Span<byte> NextSecondPixels => secondViews ? _secondPixels.AsSpan(Count * PixelsOf(options), PixelsOf(options)) : [];

    public void Add(int index, PreparedSample sample)
    {
        _indices.Add(index);
        _samples.Add(sample);
    }

    public LoadedBatch Build(int epoch, IReadOnlyList<Replacement> replacements)
    {
        var regions = _samples.Sum(sample => sample.Regions.Count);
        var batch = new LoadedBatch
        {
            Epoch = epoch,
            SampleIndices = [.. _indices],
            Captions = _samples.Select(sample => sample.Caption).ToArray(),
            Pixels = Filled(_pixels),
            SecondPixels = secondViews ? Filled(_secondPixels) : [],
            Tokens = new int[Count * options.ContextLength],
            CaptionTokens = [.. _samples.SelectMany(sample => sample.Captions).SelectMany(caption => caption.Tokens)],
            CaptionOwner = [.. _samples.SelectMany((sample, i) => Enumerable.Repeat(i, sample.Captions.Count))],
            CaptionTexts = [.. _samples.SelectMany(sample => sample.Captions).Select(caption => caption.Text)],
            QuestionTokens = [.. _samples.SelectMany(sample => sample.Questions).SelectMany(question => question.Tokens)],
            QuestionOwner = [.. _samples.SelectMany((sample, i) => Enumerable.Repeat(i, sample.Questions.Count))],
            QuestionAnswers = [.. _samples.SelectMany(sample => sample.Questions).Select(question => question.Answers)],
            RegionOwner = new int[regions],
            RegionBoxes = new float[4 * regions],
            RegionPhrases = new int[regions * options.PhraseLength],
            RegionInCaption = new byte[regions],
            Replacements = replacements,
        };
        var r = 0;
        for (var i = 0; i < Count; i++)
        {
            _samples[i].Tokens.CopyTo(batch.Tokens, i * options.ContextLength);
            foreach (var region in _samples[i].Regions)
            {
                batch.RegionOwner[r] = i;
                (batch.RegionBoxes[4 * r], batch.RegionBoxes[(4 * r) + 1]) = (region.Box.X, region.Box.Y);
                (batch.RegionBoxes[(4 * r) + 2], batch.RegionBoxes[(4 * r) + 3]) = (region.Box.Width, region.Box.Height);
                region.Tokens.CopyTo(batch.RegionPhrases, r * options.PhraseLength);
                batch.RegionInCaption[r++] = region.InCaption ? (byte)1 : (byte)0;
            }
        }

        return batch;
    }

    private byte[] Filled(byte[] pixels) => Count == capacity ? pixels : pixels.AsSpan(0, Count * PixelsOf(options)).ToArray();

    private static int PixelsOf(LoaderOptions options) => 3 * options.ImageSize * options.ImageSize;
}
