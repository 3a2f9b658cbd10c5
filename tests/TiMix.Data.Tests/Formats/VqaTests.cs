using TiMix.Data.Formats;
using TiMix.Data.Shards;

namespace TiMix.Data.Tests.Formats;

public sealed class VqaTests : IDisposable
{
    private const string Questions = """
        {"info": {"questions": 3}, "data_type": "mscoco", "data_subtype": "train2014", "questions": [
          {"image_id": 42, "question": "What is red?", "question_id": 420}, {"image_id": 7, "question": "Is it?", "question_id": 70},
          {"image_id": 42, "question": "How many?", "question_id": 421}, {"image_id": 7, "question": "Nobody answered", "question_id": 71},
          {"question": "No picture", "question_id": 99}, {"image": "own.png", "question": "?!", "question_id": 70}]}
        """;

    private const string Answers = """
        {"annotations": [{"question_id": 420, "image_id": 42, "answers": [{"answer": "apple", "answer_id": 1}, {"answer": "an apple"}, {"answer": "apple"}]},
          {"question_id": 421, "answers": [{"answer": "2"}]}, {"question_id": 70, "answers": [{"answer": "yes"}]}, {"question_id": 5, "answers": []}]}
        """;

    private readonly SourceFiles _files = new SourceFiles()
        .Picture("COCO_train2014_000000000042.jpg").Picture("COCO_train2014_000000000007.jpg").Picture("own.png").Text("q.json", Questions)
            .Text("a.json", Answers);

    private SourceOptions Options => _files.Options("q.json") with { Annotations = _files.In("a.json") };

    public void Dispose() => _files.Dispose();

    [Fact]
    public void Questions_are_joined_to_their_answers_and_gathered_by_picture()
    {
        var read = _files.Read(Options);
        Assert.Equal((PictureFormats.Vqa, 3), (_files.Format, _files.Count));
        Assert.Equal(
            ["COCO_train2014_000000000007.jpg", "COCO_train2014_000000000042.jpg"], read.Select(picture => picture.Name).Order(StringComparer.Ordinal));
        var apple = read.Single(picture => picture.Name.EndsWith("42.jpg", StringComparison.Ordinal)).Questions;
        Assert.Equal(["What is red?", "How many?"], apple.Select(question => question.Text));
        Assert.Equal(["apple", "an apple", "apple"], apple[0].Answers);
        Assert.Equal(
            ["a.json: annotations[3]", "q.json: questions[3]", "q.json: questions[4]", "q.json: questions[5]", "q.json: questions[5]"],
            _files.Problems.Select(problem => problem.Where).Order(StringComparer.Ordinal));
        Assert.Contains(_files.Problems, problem => problem.What == "no answer to question 71 in a.json");
    }

    [Fact]
    public void What_is_packed_has_the_questions_and_no_caption()
    {
        using (var source = PictureSource.Open(Options))
        {
            ShardPacker.Pack(
                source, new PackOptions { Output = new ShardPattern(_files.In("vqa.tar")) }, _ => { }, null, TestContext.Current.CancellationToken);
        }

        using var index = ShardIndex.Open(_files.In("vqa.tar"), null);
        var samples = Enumerable.Range(0, index.Count).Select(index.Read).ToList();
        Assert.All(samples, sample => Assert.Empty(sample.Captions));
        var question = samples.SelectMany(sample => sample.Questions).Single(question => question.Text == "What is red?");
        Assert.Equal(["apple", "an apple", "apple"], question.Answers);
    }

    [Fact]
    public void The_file_of_answers_must_be_named_and_only_here()
    {
        Assert.Contains("name it by --annotations", _files.Mistake(_files.Options("q.json")), StringComparison.Ordinal);
        _files.Text("l.json", """[{"image": "own.png", "caption": "a dog"}]""");
        var withAnswers = _files.Options("l.json") with { Annotations = _files.In("a.json") };
        Assert.Contains("leave --annotations out", _files.Mistake(withAnswers), StringComparison.Ordinal);
    }

    [Fact]
    public void Lists_may_hold_questions_with_one_answer_or_many()
    {
        _files.Text("l.json", """
            [{"image": "own.png", "question": "what?", "answer": ["a", "b"]}, {"image": "own.png", "question": "who?", "answer": "me"},
             {"image": "own.png", "question": "none"}]
            """);
        var picture = Assert.Single(_files.Read("l.json"));
        Assert.Equal([("what?", "a b"), ("who?", "me")], picture.Questions.Select(question => (question.Text, string.Join(' ', question.Answers))));
        Assert.Equal([ProblemKind.BrokenEntry], _files.Kinds);
    }

    [Fact]
    public void An_image_that_is_an_expression_gives_its_boxes_their_phrase()
    {
        _files.Text("r.json", """
            {"images": [{"id": 1, "file_name": "own.png", "caption": "the left dog"}, {"id": 2, "file_name": "own.png", "caption": "dog on the right"}],
             "annotations": [{"image_id": 2, "bbox": [9, 0, 5, 5], "category_id": 3}, {"image_id": 1, "bbox": [0, 1, 5, 5], "category_id": 3}],
             "categories": [{"id": 3, "name": "dog"}]}
            """);
        var picture = Assert.Single(_files.Read("r.json"));
        Assert.Equal(["the left dog", "dog on the right"], picture.Captions);
        Assert.Equal([new Region(new Box(0, 1, 5, 5), "the left dog"), new Region(new Box(9, 0, 5, 5), "dog on the right")], picture.Regions);
        Assert.Empty(_files.Problems);
    }
}
