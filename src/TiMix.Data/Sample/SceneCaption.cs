namespace TiMix.Data.Sample;

/// <summary>Says something true about some of the objects of a scene.</summary>
internal static class SceneCaption
{
    /// <summary>Every word that a caption can have besides names.</summary>
    public static readonly IReadOnlyList<string> Words =
        ["a", "above", "an", "and", "below", "left", "of", "photo", "picture", "right", "some"];

    /// <summary>
    /// Lower-case ASCII words. One relation at most, and where "and" leaves open how far it reaches, both readings
    /// are true: "a dog above a cat and a fish" is only said if the dog is above both.
    /// </summary>
    /// <param name="named">One to three objects.</param>
    /// <param name="random">Draws among the true statements.</param>
    public static string Compose(IReadOnlyList<(SampleConcept Concept, SceneBox Box)> named, SceneRandom random)
    {
        var statements = Statements(named);
        var plain = string.Join(" and ", named.Select(n => n.Concept.NameWithArticle));
        var text = statements.Count > 0 && !random.Chance(15) ? statements[random.Below(statements.Count)] : plain;
        // Three names fill a short context already.
        return named.Count == 3 ? text : random.Below(5) switch { 0 => $"a photo of {text}", 1 => $"a picture of {text}", _ => text };
    }

    public static string? WordsOf(Relation relation) => relation switch
    {
        Relation.LeftOf => "left of",
        Relation.RightOf => "right of",
        Relation.Above => "above",
        Relation.Below => "below",
        _ => null,
    };

    private static List<string> Statements(IReadOnlyList<(SampleConcept Concept, SceneBox Box)> named)
    {
        var statements = new List<string>();
        for (var one = 0; one < named.Count && named.Count > 1; one++)
        {
            var others = named.Where((_, i) => i != one).ToArray();
            var subject = named[one];
            var together = string.Join(" and ", others.Select(o => o.Concept.NameWithArticle));
            var forth = others.Select(o => subject.Box.RelationTo(o.Box)).Distinct().ToArray();
            var back = others.Select(o => o.Box.RelationTo(subject.Box)).Distinct().ToArray();
            if (forth is [var f] && WordsOf(f) is { } says)
                statements.Add($"{subject.Concept.NameWithArticle} {says} {together}");
            if (named.Count == 3 && back is [var b] && WordsOf(b) is { } saysBack)
                statements.Add($"{together} {saysBack} {subject.Concept.NameWithArticle}");
        }
        return statements;
    }
}
