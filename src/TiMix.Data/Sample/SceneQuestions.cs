namespace TiMix.Data.Sample;

/// <summary>Questions about a scene whose answers follow from its boxes, so that people would agree on them.</summary>
internal static class SceneQuestions
{
    /// <summary>Most questions of a scene, at most one of a kind.</summary>
    public const int Most = 4;

    /// <summary>Every word that a question or an answer can have besides those of captions and names.</summary>
    public static readonly IReadOnlyList<string> Words = ["are", "colour", "how", "is", "many", "no", "the", "there", "what", "yes"];

    private static readonly Relation[] Relations = [Relation.LeftOf, Relation.RightOf, Relation.Above, Relation.Below];
    private static readonly string[] Colours = ["red", "green", "blue"];

    /// <summary>
    /// What stands beside a thing (one thing alone is on that side), whether one thing stands on a side of another, how many things
    /// there are, whether there is a thing, what colour a thing is whose name says so.
    /// </summary>
    /// <param name="objects">All of the scene, 2 to 4.</param>
    /// <param name="absent">A concept that is not there and is no near-synonym of one that is.</param>
    /// <param name="random">Draws among what can be asked.</param>
    public static IReadOnlyList<Question> Compose(IReadOnlyList<(SampleConcept Concept, SceneBox Box)> objects, SampleConcept absent, SceneRandom random)
    {
        List<Question> questions = [];
        AddOne(questions, Beside(objects), random);
        AddOne(questions, random.Chance(50) ? Sides(objects, true) : Sides(objects, false), random);
        AddOne(questions, Colour(objects), random);
        var thing = random.Chance(50)
            ? (Name: objects[random.Below(objects.Count)].Concept.NameWithArticle, Answer: "yes")
            : (Name: absent.NameWithArticle, Answer: "no");
        questions.Add(new Question($"is there {thing.Name}?", [thing.Answer]));
        questions.Add(new Question("how many are there?", [objects.Count.ToString(System.Globalization.CultureInfo.InvariantCulture)]));
        return [.. questions.Take(Most)];
    }

    private static void AddOne(List<Question> questions, List<Question> candidates, SceneRandom random)
    {
        if (candidates.Count > 0)
        {
            questions.Add(candidates[random.Below(candidates.Count)]);
        }
    }

    private static List<Question> Beside(IReadOnlyList<(SampleConcept Concept, SceneBox Box)> objects)
    {
        List<Question> questions = [];
        foreach (var (subject, box) in objects)
        {
            foreach (var relation in Relations)
            {
                var beside = objects.Where(other => other.Concept != subject && IsTowards(other.Box, box, relation)).ToArray();
                if (beside is [var (answer, place)] && place.RelationTo(box) == relation)
                {
                    questions.Add(new Question($"what is {SceneCaption.WordsOf(relation)} the {subject.Name}?", [answer.Name]));
                }
            }
        }

        return questions;
    }

    private static List<Question> Sides(IReadOnlyList<(SampleConcept Concept, SceneBox Box)> objects, bool yes) =>
        [.. from one in objects
            from other in objects
            where one.Concept != other.Concept
            let relation = one.Box.RelationTo(other.Box)
            where relation != Relation.None
            select new Question(
                $"is the {one.Concept.Name} {SceneCaption.WordsOf(yes ? relation : Opposite(relation))} the {other.Concept.Name}?", [yes ? "yes" : "no"])];

    private static List<Question> Colour(IReadOnlyList<(SampleConcept Concept, SceneBox Box)> objects) =>
        [.. from item in objects
            let words = item.Concept.Name.Split(' ', 2)
            where words.Length == 2 && Colours.Contains(words[0])
            select new Question($"what colour is the {words[1]}?", [words[0]])];

    /// <summary>Whether the centre of a box lies on that side of the centre of another: what might be meant, even if no word is clearly true.</summary>
    private static bool IsTowards(SceneBox box, SceneBox of, Relation side)
    {
        var (across, down) = ((2 * of.X) + of.Width - (2 * box.X) - box.Width, (2 * of.Y) + of.Height - (2 * box.Y) - box.Height);
        return side switch { Relation.LeftOf => across > 0, Relation.RightOf => across < 0, Relation.Above => down > 0, _ => down < 0 };
    }

    private static Relation Opposite(Relation relation) => relation switch
    {
        Relation.LeftOf => Relation.RightOf,
        Relation.RightOf => Relation.LeftOf,
        Relation.Above => Relation.Below,
        _ => Relation.Above,
    };
}
