using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using TiMix.Base;
using TiMix.Runs.Recipes;

namespace TiMix.Node.Experiments;

/// <summary>Experiments as JSON: comments allowed, unknown keys and wrong values refused by name.</summary>
internal static class ExperimentFile
{
    private const string Right = "see cluster-config/experiments/mixing.json";
    private static readonly JsonDocumentOptions Document = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    /// <summary>Where the experiments that come with the program lie.</summary>
    public static string Directory => Path.Combine(AppContext.BaseDirectory, "cluster-config", "experiments");

    /// <summary>An experiment by path, or by the name of one that comes with the program.</summary>
    /// <exception cref="RunError">There is none, or it is wrong; one line.</exception>
    public static Experiment Load(string nameOrPath)
    {
        var shipped = Path.Combine(Directory, nameOrPath + ".json");
        var path = File.Exists(nameOrPath) ? nameOrPath : shipped;
        try
        {
            return Parse(File.ReadAllText(path), Path.GetFileNameWithoutExtension(path), Path.GetDirectoryName(Path.GetFullPath(path))!);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new RunError($"there is no experiment \"{nameOrPath}\": it is neither a file that can be read nor one in {Directory}.");
        }
    }

    /// <summary>An experiment from its text.</summary>
    /// <param name="text">JSON.</param>
    /// <param name="name">Of the experiment.</param>
    /// <param name="directory">What the path of its recipe is relative to.</param>
    /// <exception cref="RunError">One line: where, which key, what would be right.</exception>
    public static Experiment Parse(string text, string name, string directory)
    {
        JsonNode? node;
        try
        {
            node = JsonNode.Parse(text, documentOptions: Document);
        }
        catch (JsonException error)
        {
            throw new RunError($"{name}.json: not JSON: {OneLine.Of(error.Message)}");
        }

        var root = new Section(node, name + ".json", "");
        root.Allow("recipe", "set", "seeds", "arms", "baselines", "mainContrasts", "metrics", "curve", "equalCompute");
        var recipe = RecipeFile.Set(RecipeFile.Load(Relative(root.Text("recipe"), directory)), root.Settings("set"), name + ".json: set");
        var seeds = root.Numbers("seeds", value => value >= 0 && value == Math.Floor(value), "whole numbers from 0 up").Select(value => (ulong)value).ToList();
        var arms = root.Sections("arms").Select(ArmOf).ToList();
        string[] names = [.. arms.Select(arm => arm.Name)];
        root.Need(arms.Count >= 2 && names.Distinct().Count() == names.Length, "arms", "two or more of different names");
        var experiment = new Experiment
        {
            Name = name,
            Recipe = recipe,
            Arms = arms,
            Seeds = seeds,
            Baselines = root.Names("baselines", names),
            MainContrasts = root.Has("mainContrasts") ? [.. root.Sections("mainContrasts").Select(section => ContrastOf(section, names))] : [],
            Metrics = [.. root.Texts("metrics").Select(metric => MetricOf(root, metric, recipe))],
            Curve = root.Has("curve") ? CurveOf(root.Sub("curve"), names, seeds, recipe.Data.Fraction) : null,
            Compute = root.Has("equalCompute") ? ComputeOf(root.Sub("equalCompute"), arms, seeds) : null,
        };
        foreach (var contrast in experiment.MainContrasts)
        {
            root.Need(experiment.Baselines.Contains(contrast.Baseline), "mainContrasts", "of arms with baselines, and these among \"baselines\"");
        }

        foreach (var arm in arms)
        {
            RecipeFile.Set(recipe, arm.Settings, $"{name}.json: arm \"{arm.Name}\"");
        }

        return experiment;
    }

    private static string Relative(string recipe, string directory) => RecipeFile.Names.Contains(recipe) ? recipe : Path.Combine(directory, recipe);

    private static Arm ArmOf(Section section)
    {
        section.Allow("name", "set", "cost");
        var name = section.Text("name");
        section.Need(
            name.Length > 0 && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_'), "name",
            "of letters, digits, - and _, for its runs are called by it");
        var cost = section.Has("cost") ? section.Number("cost") : (double?)null;
        section.Need(cost is null or > 0, "cost", "larger than 0");
        return new Arm(name, section.Settings("set"), cost);
    }

    private static Contrast ContrastOf(Section section, string[] arms)
    {
        section.Allow("arm", "baseline");
        var contrast = new Contrast(section.Name("arm", arms), section.Name("baseline", arms));
        section.Need(contrast.Arm != contrast.Baseline, "baseline", "another arm");
        return contrast;
    }

    private static Metric MetricOf(Section root, string text, Recipe recipe)
    {
        var dot = text.IndexOf('.', StringComparison.Ordinal);
        root.Need(
            dot > 0 && Splits.All(recipe).Contains(text[..dot]), "metrics",
            $"SPLIT.NAME as in summary.json, for example test.meanRecall; the splits are {string.Join(", ", Splits.All(recipe))}");
        return new Metric(text[..dot], text[(dot + 1)..]);
    }

    private static DataCurve CurveOf(Section section, string[] arms, IReadOnlyList<ulong> seeds, double main)
    {
        section.Allow("fractions", "arms", "seeds");
        var fractions = section.Numbers("fractions", value => value is > 0 and <= 1, "larger than 0, at most 1");
        return new DataCurve([.. fractions.Where(fraction => fraction != main).Distinct()], section.Names("arms", arms), SeedsOf(section, seeds));
    }

    private static EqualCompute ComputeOf(Section section, List<Arm> arms, IReadOnlyList<ulong> seeds)
    {
        section.Allow("reference", "arms", "seeds");
        string[] costed = [.. arms.Where(arm => arm.Cost is not null).Select(arm => arm.Name)];
        return new EqualCompute(section.Name("reference", costed), section.Has("arms") ? section.Names("arms", costed) : costed, SeedsOf(section, seeds));
    }

    private static IReadOnlyList<ulong> SeedsOf(Section section, IReadOnlyList<ulong> seeds)
    {
        if (!section.Has("seeds"))
        {
            return seeds;
        }

        var chosen = section.Numbers("seeds", value => seeds.Contains((ulong)value), "among the seeds of the experiment");
        return [.. chosen.Select(value => (ulong)value)];
    }

    /// <summary>An object of the file, with its place for messages.</summary>
    private sealed class Section(JsonNode? node, string file, string prefix)
    {
        private readonly JsonObject _object = node as JsonObject ?? throw new RunError(
            $"{file}: \"{(prefix.Length == 0 ? "the file" : prefix.TrimEnd('.'))}\" must be an object: {{ … }}; {Right}.");

        public void Allow(params string[] keys)
        {
            foreach (var (key, _) in _object)
            {
                if (!keys.Contains(key))
                {
                    throw new RunError($"{file}: unknown key \"{prefix}{key}\"; it can be {string.Join(", ", keys)}.");
                }
            }
        }

        public bool Has(string key) => _object[key] is not null;

        public void Need(bool holds, string key, string right)
        {
            if (!holds)
            {
                throw new RunError($"{file}: \"{prefix}{key}\" is {_object[key]?.ToJsonString() ?? "missing"}; it must be {right}.");
            }
        }

        public string Text(string key) => _object[key] is JsonValue value && value.TryGetValue<string>(out var text) ? text : throw Wrong(key, "a text");

        public double Number(string key) =>
            _object[key] is JsonValue value && value.TryGetValue<double>(out var number) ? number : throw Wrong(key, "a number");

        public Section Sub(string key) => new(_object[key], file, prefix + key + ".");

        public IReadOnlyList<Section> Sections(string key) => [.. List(key).Select((item, i) => new Section(item, file, $"{prefix}{key}[{i}]."))];

        public IReadOnlyList<string> Texts(string key) =>
            [.. List(key).Select(item => item is JsonValue value && value.TryGetValue<string>(out var text) ? text : throw Wrong(key, "a list of texts"))];

        public IReadOnlyList<double> Numbers(string key, Func<double, bool> holds, string right) =>
            [.. List(key).Select(item => item is JsonValue value && value.TryGetValue<double>(out var number)
                && holds(number) ? number : throw Wrong(key, $"a list of numbers, {right}")).Distinct()];

        public string Name(string key, string[] known) => known.Contains(Text(key)) ? Text(key) : throw Wrong(key, "one of " + string.Join(", ", known));

        public IReadOnlyList<string> Names(string key, string[] known) =>
            Texts(key).All(known.Contains) ? Texts(key) : throw Wrong(key, "a list of " + string.Join(", ", known));

        /// <summary>An object of recipe keys as key=value.</summary>
        public IReadOnlyList<string> Settings(string key)
        {
            if (!Has(key))
            {
                return [];
            }

            return _object[key] is JsonObject settings
                ? [.. settings.Select(pair => $"{pair.Key}={Plain(pair.Value)}")]
                : throw Wrong(key, "an object of a recipe's keys, for example { \"mix.method\": \"none\" }");
        }

        private static string Plain(JsonNode? value) =>
            value is JsonValue plain && plain.TryGetValue<string>(out var text) ? text : value?.ToJsonString() ?? "";

        private JsonArray List(string key) => _object[key] is JsonArray { Count: > 0 } list ? list : throw Wrong(key, "a list with something in it");

        private RunError Wrong(string key, string right) => new(string.Create(
            CultureInfo.InvariantCulture, $"{file}: \"{prefix}{key}\" is {_object[key]?.ToJsonString() ?? "missing"}; it must be {right}; {Right}."));
    }
}
