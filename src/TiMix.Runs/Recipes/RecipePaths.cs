namespace TiMix.Runs.Recipes;

/// <summary>The files that a recipe names.</summary>
public static class RecipePaths
{
    /// <summary>How a name begins that stands for a part of the composed sample corpus, and is no path.</summary>
    public const string Sample = "sample:";

    /// <summary>
    /// The recipe with every path in full, as seen from the current directory: a run may be gone on with from another one. Names of
    /// the sample corpus stay, and so does what is empty.
    /// </summary>
    public static Recipe WithFullPaths(this Recipe recipe) => recipe with
    {
        Data = recipe.Data with
        {
            Train = Full(recipe.Data.Train),
            Validation = Full(recipe.Data.Validation),
            Tests = new OrderedDictionary<string, string>(recipe.Data.Tests.Select(test => KeyValuePair.Create(test.Key, Full(test.Value)))),
            Vocabulary = Full(recipe.Data.Vocabulary),
            Answers = Full(recipe.Data.Answers),
        },
        Model = recipe.Model with { Init = Full(recipe.Model.Init) },
    };

    /// <summary>Whether a path in it is seen from some directory, as in runs of 0.2 and before.</summary>
    public static bool HasRelativePaths(this Recipe recipe) => RecipeFile.Write(recipe) != RecipeFile.Write(recipe.WithFullPaths());

    private static string Full(string path) =>
        path.Length == 0 || path.StartsWith(Sample, StringComparison.Ordinal) ? path : Path.GetFullPath(path);
}
