using TiMix.Data.Sample;
using TiMix.Data.Text;

namespace TiMix.Data.Tests.Sample;

/// <summary>Questions and captions of scenes, held against the boxes by other code than that which made them.</summary>
public sealed class SampleTasksTests
{
    private static readonly IReadOnlyDictionary<string, SampleConcept> Concepts = SpriteLibrary.Instance.Concepts.ToDictionary(concept => concept.Name);

    [Fact]
    public void Every_answer_follows_from_the_boxes()
    {
        var kinds = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var scene in Scenes(400))
        {
            var boxes = scene.Regions.ToDictionary(region => region.Phrase, region => region.Box);
            var (_, questions) = SampleTasks.Describe(scene, Concepts, new SceneRandom(1, (ulong)kinds.Values.Sum()));
            Assert.InRange(questions.Count, 2, SceneQuestions.Most);
            Assert.Equal(questions.Count, questions.Select(question => question.Text).Distinct().Count());
            foreach (var (text, answers) in questions)
            {
                var (kind, right) = Judge(text, answers.Single(), boxes);
                Assert.True(right, $"{text} {answers[0]}: {string.Join("; ", boxes)}");
                kinds[kind] = kinds.GetValueOrDefault(kind) + 1;
            }
        }

        Assert.All(
            new[] { "beside", "side yes", "side no", "there yes", "there no", "count", "colour" },
            kind => Assert.True(kinds.GetValueOrDefault(kind) > 3, kind));
        Assert.InRange(kinds["side yes"] / (double)kinds["side no"], 0.7, 1.4);
        Assert.InRange(kinds["there yes"] / (double)kinds["there no"], 0.7, 1.4);
    }

    [Fact]
    public void Captions_are_different_and_name_what_is_there()
    {
        foreach (var (scene, i) in Scenes(60).Select((scene, i) => (scene, i)))
        {
            var (captions, _) = SampleTasks.Describe(scene, Concepts, new SceneRandom(2, (ulong)i));
            Assert.Equal(scene.Caption, captions[0]);
            Assert.InRange(captions.Count, 2, 5);
            Assert.Equal(captions.Count, captions.Distinct().Count());
            Assert.All(captions, caption => Assert.InRange(scene.Regions.Count(region => CaptionText.Contains(caption, region.Phrase)), 1, 3));
            Assert.Equal(captions, SampleTasks.Describe(scene, Concepts, new SceneRandom(2, (ulong)i)).Captions);
        }
    }

    private static (string Kind, bool Right) Judge(string question, string answer, Dictionary<string, Box> boxes)
    {
        var words = question.TrimEnd('?');
        if (words == "how many are there")
        {
            return ("count", answer == $"{boxes.Count}");
        }

        if (words.StartsWith("is there ", StringComparison.Ordinal))
        {
            var name = words["is there ".Length..].Split(' ', 2)[1];
            return ($"there {answer}", boxes.ContainsKey(name) == (answer == "yes"));
        }

        if (words.StartsWith("what colour is the ", StringComparison.Ordinal))
        {
            return ("colour", boxes.ContainsKey($"{answer} {words["what colour is the ".Length..]}"));
        }

        var side = new[] { " left of the ", " right of the ", " above the ", " below the " }.Single(side => words.Contains(side, StringComparison.Ordinal));
        var parts = words.Split(side);
        bool Stands(Box one, Box other) => side.Trim().Split(' ')[0] switch
        {
            "left" => one.X + one.Width <= other.X,
            "right" => other.X + other.Width <= one.X,
            "above" => one.Y + one.Height <= other.Y,
            _ => other.Y + other.Height <= one.Y,
        };
        return parts[0] == "what is"
            ? ("beside", Stands(boxes[answer], boxes[parts[1]]) && boxes.Count(box => box.Key != parts[1] && Stands(box.Value, boxes[parts[1]])) == 1)
            : ($"side {answer}", Stands(boxes[parts[0]["is the ".Length..]], boxes[parts[1]]) == (answer == "yes"));
    }

    private static IEnumerable<RawSample> Scenes(int count)
    {
        var composer = new SceneComposer(3, 1, [SpriteStyle.Noto]);
        foreach (var plan in composer.Plan(count, unique: false, new HashSet<string>()))
        {
            var scene = composer.Compose(plan);
            yield return new RawSample(
                "k", [], [scene.Caption],
                [.. scene.Objects.Select(item => new Region(new Box(item.Box.X, item.Box.Y, item.Box.Width, item.Box.Height), item.Concept.Name))]);
        }
    }
}
