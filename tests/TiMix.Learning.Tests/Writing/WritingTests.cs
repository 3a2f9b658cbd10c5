using TiMix.Learning.Model;
using TiMix.Learning.Runtime;
using TiMix.Learning.Tests.Model;
using TiMix.Learning.Writing;
using TorchSharp;
using static TorchSharp.torch;

namespace TiMix.Learning.Tests.Writing;

/// <summary>Beam search and answer ranking against all texts there are, each computed by itself.</summary>
public sealed class WritingTests : IDisposable
{
    private const int Rows = 3;
    private readonly TinyModel _model = new(fusionLayers: 2);

    private PrefixDecoder Decoder => _model.Encoder.Fusion.Decoder!;

    private SpecialTokens Special => _model.Config.SpecialTokens;

    private int[] Vocabulary => [.. Enumerable.Range(0, _model.Config.VocabularySize).Where(Special.IsWord)];

    public void Dispose() => _model.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2.5)]
    public void A_beam_that_holds_everything_finds_the_best_of_all_texts(double penalty)
    {
        using var scope = NewDisposeScope();
        var memory = Memory();
        var found = BeamSearch.Write(Decoder, memory, Rows, Special, CPU, new BeamOptions { Beams = 1000, MostWords = 2, LengthPenalty = penalty });
        int[][] texts = [[], .. Vocabulary.Select(word => new[] { word }), .. Vocabulary.SelectMany(one => Vocabulary.Select(two => new[] { one, two }))];
        for (var row = 0; row < Rows; row++)
        {
            var (best, logProbability) = texts.Select(text => (Text: text, LogProbability: Likelihood(memory, row, text)))
                .MaxBy(pair => pair.LogProbability / Math.Pow(pair.Text.Length + 1, penalty));
            Assert.Equal(best, found[row].Words);
            Assert.Equal(logProbability, found[row].LogProbability, 1e-4);
            Assert.Equal(logProbability / Math.Pow(best.Length + 1, penalty), found[row].Score, 1e-4);
        }
    }

    [Fact]
    public void One_beam_takes_the_likeliest_word_each_time_and_ends_where_that_scores_best()
    {
        using var scope = NewDisposeScope();
        var memory = Memory();
        var found = BeamSearch.Write(Decoder, memory, Rows, Special, CPU, new BeamOptions { Beams = 1, MostWords = 4 });
        for (var row = 0; row < Rows; row++)
        {
            var texts = new List<int[]> { Array.Empty<int>() };
            for (var i = 0; i < 4; i++)
            {
                texts.Add([.. texts[^1], Vocabulary.MaxBy(word => Next(memory, row, texts[^1])[word])]);
            }

            Assert.Equal(texts.MaxBy(text => Likelihood(memory, row, text) / (text.Length + 1)), found[row].Words);
        }
    }

    [Fact]
    public void Nothing_is_written_that_is_no_word_and_a_wider_search_never_scores_less()
    {
        using var scope = NewDisposeScope();
        var memory = Memory();
        // Whatever the decoder likes best at the start, special ids stay out of the text.
        using (no_grad())
        {
            var bias = _model.Layout["decoder.bias"];
            _model.Values.Values.narrow(0, bias.Offset, 5).copy_(tensor(new float[] { 9, 0, 9, -2, 9 }));
        }

        var one = BeamSearch.Write(Decoder, memory, Rows, Special, CPU, new BeamOptions { Beams = 1, MostWords = 5 });
        var all = BeamSearch.Write(Decoder, memory, Rows, Special, CPU, new BeamOptions { Beams = 2000, MostWords = 3 });
        Assert.All([.. one, .. all], text => Assert.All(text.Words, word => Assert.True(Special.IsWord(word))));
        Assert.All(one, text => Assert.InRange(text.Words.Length, 0, 5));
        Assert.All(one.Zip(all), pair => Assert.True(pair.First.Words.Length > 3 || pair.Second.Score >= pair.First.Score - 1e-6));
    }

    [Fact]
    public void The_text_of_an_image_does_not_depend_on_the_others()
    {
        using var scope = NewDisposeScope();
        var memory = Memory();
        var options = new BeamOptions { Beams = 2, MostWords = 5 };
        var together = BeamSearch.Write(Decoder, memory, Rows, Special, CPU, options);
        Assert.All(Enumerable.Range(0, Rows), row =>
            Assert.Equal(together[row].Words, BeamSearch.Write(Decoder, memory.Select(tensor(new long[] { row })), 1, Special, CPU, options)[0].Words));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(100)]
    public void The_answer_that_wins_is_the_likeliest_of_the_whole_list(int atOnce)
    {
        using var scope = NewDisposeScope();
        var memory = Memory();
        int[][] answers =
        [
            .. Vocabulary.SelectMany(one => Vocabulary.Select(two => new[] { one, two })), .. Vocabulary.Select(word => new[] { word, word, 7 }),
            .. Vocabulary.Take(2).Select(word => new[] { word }),
        ];
        var ranking = new AnswerRanking(Decoder, answers, Special, CPU);
        var all = ranking.LogLikelihoods(memory, [.. Enumerable.Range(0, Rows).SelectMany(row => answers.Select((_, answer) => (row, answer)))]);
        var best = ranking.Best(memory, Rows, atOnce);
        for (var row = 0; row < Rows; row++)
        {
            var expected = answers.Select(answer => Likelihood(memory, row, answer)).ToArray();
            Assert.All(expected.Index(), pair => Assert.Equal(pair.Item, all[(row * answers.Length) + pair.Index], 1e-4));
            Assert.Equal(expected.Index().MaxBy(pair => pair.Item).Index, best[row].Answer);
            Assert.Equal(expected.Max(), best[row].LogLikelihood, 1e-4);
        }
    }

    [Fact]
    public void Of_the_same_answer_twice_the_first_wins()
    {
        using var scope = NewDisposeScope();
        Assert.All(new AnswerRanking(Decoder, [[9], [5, 6], [9]], Special, CPU).Best(Memory(), Rows, 1), best => Assert.NotEqual(2, best.Answer));
        Assert.Throws<ArgumentException>(() => new AnswerRanking(Decoder, [[5], []], Special, CPU));
        Assert.Throws<ArgumentException>(() => BeamSearch.Write(Decoder, Memory(), Rows, Special, CPU, new BeamOptions { MostWords = 0 }));
    }

    private CrossMemory Memory()
    {
        var image = _model.Encoder.EncodeImages(tensor(_model.Pixels, [TinyModel.Images, 3, 8, 8]), false, tokens: true)
            .Tokens!.index_select(0, tensor(TinyModel.Owner));
        var ids = tensor(TinyModel.Tokens.Select(token => (long)token).ToArray(), [Rows, 6]);
        var text = TextTokens.Of(_model.Encoder.EncodeTexts(ids, all: true), ids);
        var fusion = _model.Encoder.Fusion.Encoder!;
        return Decoder.Remember(image, text with { Tokens = fusion.Fuse(text, fusion.Remember(image), classOnly: false) });
    }

    private double[] Next(CrossMemory memory, int row, int[] written)
    {
        long[] tokens = [Special.Class, .. written.Select(word => (long)word)];
        var logits = HostFloats.Of(Decoder.Logits(tensor(tokens, [1, tokens.Length]), memory.Select(tensor(new long[] { row }))).select(1, written.Length));
        var sum = Math.Log(logits.Sum(logit => Math.Exp(logit)));
        return [.. logits.Select(logit => logit - sum)];
    }

    private double Likelihood(CrossMemory memory, int row, int[] text) =>
        Enumerable.Range(0, text.Length + 1).Sum(i => Next(memory, row, text[..i])[i < text.Length ? text[i] : Special.Separator]);
}
