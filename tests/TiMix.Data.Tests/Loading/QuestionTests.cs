using System.Text.Json;
using TiMix.Data.Loading;
using TiMix.Data.Shards;
using TiMix.Data.Text;

namespace TiMix.Data.Tests.Loading;

/// <summary>Questions with answers, from shard to batch.</summary>
public sealed class QuestionTests : IDisposable
{
    private const ulong Seed = 7;
    private static readonly LoaderOptions Options = new() { ImageSize = 16, ContextLength = 9, PhraseLength = 5, RegionsPerImage = 2, Questions = true };
    private static readonly WordPieceTokenizer Tokenizer = TestVocabulary.Tokenizer;
    private readonly TemporaryDirectory _directory = new();
    private ShardIndex? _index;

    public void Dispose()
    {
        _index?.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void A_question_and_its_answer_are_one_row_of_tokens()
    {
        int[] Ids(params string[] pieces) => [.. pieces.Select(TestVocabulary.Id)];
        Assert.Equal([.. Ids("[CLS]", "the", "dog", "[SEP]", "red", "[SEP]"), 0, 0, 0], Tokenizer.EncodePair("the dog", "red", 9));
        Assert.Equal(Ids("[CLS]", "the", "[SEP]", "red", "apple", "[SEP]"), Tokenizer.EncodePair("the dog of", "red apple", 6));
        Assert.Equal(Ids("[CLS]", "[SEP]", "red", "[SEP]"), Tokenizer.EncodePair("the dog", "red apple", 4));
    }

    [Fact]
    public void Ids_are_read_back_as_words()
    {
        Assert.Equal("red dogs of", Tokenizer.Decode([.. Tokenizer.Encode("red dogs of", 9)]));
        Assert.Equal("", Tokenizer.Decode([2, 3, 0]));
    }

    [Fact]
    public void Every_epoch_takes_one_question_and_one_answer_as_often_as_it_was_given()
    {
        var index = Shard(
            """{"questions": [{"question": "The dog?", "answers": ["red", "red", "red", "apple"]}, {"question": "a cat", "answers": ["one"]}]}""");
        var loader = new BatchLoader(index, Tokenizer, new SampleOrder(Seed, 1, 1, 1), Options, Seed);
        var rows = Enumerable.Range(0, 400).Select(step => string.Join(' ', loader.Load(step, 0).Tokens)).ToList();
        string Row(string question, string answer) => string.Join(' ', Tokenizer.EncodePair(question, answer, 9));
        Assert.InRange(rows.Count(row => row == Row("the dog", "red")), 120, 180);
        Assert.InRange(rows.Count(row => row == Row("the dog", "apple")), 30, 70);
        Assert.InRange(rows.Count(row => row == Row("a cat", "one")), 170, 230);
        Assert.Equal(rows[17], string.Join(' ', loader.Load(17, 0).Tokens));
    }

    [Fact]
    public void An_evaluation_has_all_questions_and_what_people_said()
    {
        var index = Shard(
            """
            {"caption": "a cat",
             "questions": [{"question": "The dog?", "answers": ["Red!", "apple"]}, {"question": "?", "answers": ["x"]},
                           {"question": "a cat", "answers": ["one"]}]}
            """,
            """{"caption": "a dog"}""");
        var reader = new EvaluationReader(index, Tokenizer, Options);
        var batch = reader.Load(0, 2);
        Assert.Equal([.. Tokenizer.Encode("the dog", 9), .. Tokenizer.Encode("a cat", 9)], batch.QuestionTokens);
        Assert.Equal([0, 0], batch.QuestionOwner);
        Assert.Equal([["Red!", "apple"], ["one"]], batch.QuestionAnswers);
        Assert.Contains("has no question with an answer", Assert.Single(reader.Problems).What, StringComparison.Ordinal);

        var captions = new EvaluationReader(index, Tokenizer, Options with { Questions = false }).Load(0, 2);
        Assert.Equal(["a cat", "a dog"], captions.CaptionTexts);
        Assert.Empty(captions.QuestionOwner);
    }

    [Theory]
    [InlineData("""{"questions": {}}""")]
    [InlineData("""{"questions": [7]}""")]
    [InlineData("""{"questions": [{"question": "a"}]}""")]
    [InlineData("""{"questions": [{"question": "a", "answers": []}]}""")]
    [InlineData("""{"questions": [{"question": "a", "answers": [1]}]}""")]
    public void Questions_of_another_form_are_left_out_and_said(string json)
    {
        var sample = Shard(json).Read(0);
        Assert.Empty(sample.Questions);
        Assert.Contains("question", Assert.Single(sample.LeftOut), StringComparison.Ordinal);
        var reader = new EvaluationReader(Shard(json), Tokenizer, Options);
        Assert.Empty(reader.Load(0, 1).SampleIndices);
        Assert.Contains(sample.LeftOut[0], Assert.Single(reader.Problems).What, StringComparison.Ordinal);
    }

    private ShardIndex Shard(params string[] jsons)
    {
        var tar = new TarBuilder();
        for (var i = 0; i < jsons.Length; i++)
        {
            tar.Add($"k{i}.png", TestImages.Encode(20, 20)).Add($"k{i}.json", jsons[i]);
        }

        tar.Save(_directory.File("s.tar"));
        return _index = ShardIndex.Open(_directory.File("s.tar"), null);
    }
}
