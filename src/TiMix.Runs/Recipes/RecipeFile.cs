using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using TiMix.Base;

namespace TiMix.Runs.Recipes;

/// <summary>Recipes as JSON: comments allowed, unknown keys and wrong values refused by name.</summary>
public static class RecipeFile
{
    internal static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { ObjectiveKeys.AddTo } },
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private static readonly JsonDocumentOptions Document = new()
    {
        AllowDuplicateProperties = false, AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip,
    };

    /// <summary>Where the recipes that come with the program lie.</summary>
    public static string Directory => Path.Combine(AppContext.BaseDirectory, "cluster-config", "recipes");

    /// <summary>Names of the recipes that come with the program.</summary>
    public static IReadOnlyList<string> Names => System.IO.Directory.Exists(Directory)
        ? [.. System.IO.Directory.GetFiles(Directory, "*.json").Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal)]
        : [];

    /// <summary>A recipe by name or by path.</summary>
    /// <exception cref="RunError">There is none, or it is wrong; one line.</exception>
    public static Recipe Load(string nameOrPath)
    {
        var path = Names.Contains(nameOrPath) ? Path.Combine(Directory, nameOrPath + ".json") : nameOrPath;
        try
        {
            return Parse(File.ReadAllText(path), Path.GetFileName(path));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new RunError($"there is no recipe \"{nameOrPath}\": it is neither one of {string.Join(", ", Names)} nor a file that can be read.");
        }
    }

    /// <summary>A recipe from its text; keys that are not there have their defaults.</summary>
    /// <param name="text">JSON.</param>
    /// <param name="where">For messages.</param>
    /// <exception cref="RunError">One line: where, which key, what would be right.</exception>
    public static Recipe Parse(string text, string where)
    {
        try
        {
            return Read(JsonNode.Parse(text, documentOptions: Document), where);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            // Nodes are looked into when they are asked for: half a character is found only then.
            throw new RunError($"{where}: not JSON: {OneLine.Of(error.Message)}");
        }
    }

    /// <summary>The recipe with some keys set: <c>key=value</c> each.</summary>
    /// <param name="recipe">Left as it is.</param>
    /// <param name="assignments">The keys and their values.</param>
    /// <param name="where">For messages.</param>
    /// <exception cref="RunError">A key is unknown or a value wrong.</exception>
    public static Recipe Set(Recipe recipe, IEnumerable<string> assignments, string where = "--set")
    {
        var node = JsonSerializer.SerializeToNode(recipe, Json)!.AsObject();
        foreach (var assignment in assignments)
        {
            var split = assignment.IndexOf('=', StringComparison.Ordinal);
            if (split < 1)
            {
                throw new RunError($"{where} {assignment}: expected key=value, for example optimization.steps=500.");
            }

            var (key, value) = (assignment[..split].Trim(), assignment[(split + 1)..].Trim());
            var parts = key.Split('.');
            var section = node;
            foreach (var part in parts[..^1])
            {
                section = section[part] as JsonObject ?? throw Unknown(where, key);
            }

            var known = RecipeKeys.All.FirstOrDefault(candidate => candidate.Name == key);
            if (known is null && !key.StartsWith("data.tests.", StringComparison.Ordinal))
            {
                throw Unknown(where, key);
            }

            section[parts[^1]] = known?.Type is "number" or "whole number" or "names and texts"
                ? ParseValue(where, key, value, known.Type)
                : JsonValue.Create(value);
        }

        return Read(node, where);
    }

    /// <summary>Canonical text: every key, in order.</summary>
    public static string Write(Recipe recipe) => JsonSerializer.Serialize(recipe, Json);

    /// <summary>Keys whose values differ; a file that is named in two ways is the same.</summary>
    public static IReadOnlyList<string> Differences(Recipe one, Recipe other)
    {
        var (a, b) = (JsonSerializer.SerializeToNode(one.WithFullPaths(), Json), JsonSerializer.SerializeToNode(other.WithFullPaths(), Json));
        return [.. RecipeKeys.All.Select(key => key.Name).Where(name => !JsonNode.DeepEquals(At(a, name), At(b, name)))];
    }

    /// <summary>What differs, for people: <c>optimization.learningRate (0.001, now 0.5)</c>; null: nothing.</summary>
    /// <param name="before">As it was.</param>
    /// <param name="now">As it is.</param>
    public static string? Difference(Recipe before, Recipe now)
    {
        var (a, b) = (JsonSerializer.SerializeToNode(before, Json), JsonSerializer.SerializeToNode(now, Json));
        string Value(JsonNode? node, string name) => OneLine.Of(At(node, name)?.ToJsonString(Json) ?? "null");
        return Differences(before, now) is { Count: > 0 } keys
            ? string.Join(", ", keys.Select(key => $"{key} ({Value(a, key)}, now {Value(b, key)})"))
            : null;
    }

    private static JsonNode? At(JsonNode? node, string name) => name.Split('.').Aggregate(node, (inner, part) => inner?[part]);

    private static JsonNode? ParseValue(string where, string key, string value, string type)
    {
        try
        {
            return JsonNode.Parse(value);
        }
        catch (JsonException)
        {
            throw new RunError($"{where}: \"{key}\" is \"{value}\"; expected a {type}.");
        }
    }

    private static Recipe Read(JsonNode? node, string where)
    {
        if (node is not JsonObject root)
        {
            throw new RunError($"{where}: a recipe is a JSON object with sections; see \"timix recipe\".");
        }

        CheckKeys(root, "", where);
        try
        {
            var recipe = root.Deserialize<Recipe>(Json) ?? throw new RunError($"{where}: empty.");
            RecipeRules.Check(recipe, where);
            return recipe;
        }
        catch (JsonException error)
        {
            var key = (error.Path ?? "$").TrimStart('$', '.');
            var known = RecipeKeys.All.FirstOrDefault(candidate => candidate.Name == key);
            throw new RunError($"{where}: \"{key}\" is {OneLine.Of(At(root, key)?.ToJsonString() ?? "null")}; expected a {known?.Type ?? "section"}.");
        }
    }

    private static void CheckKeys(JsonObject node, string prefix, string where)
    {
        foreach (var (key, value) in node)
        {
            var name = prefix + key;
            if (RecipeKeys.All.Any(known => known.Name == name))
            {
                continue;
            }

            if (!RecipeKeys.All.Any(known => known.Name.StartsWith(name + ".", StringComparison.Ordinal)))
            {
                throw Unknown(where, name);
            }

            if (value is not JsonObject section)
            {
                throw new RunError($"{where}: \"{Printable.Of(name)}\" must be a section: {{ … }}.");
            }

            CheckKeys(section, name + ".", where);
        }
    }

    private static RunError Unknown(string where, string key) => new(
        $"{where}: unknown key \"{Printable.Of(key)}\"; "
        + $"{(RecipeKeys.Nearest(key) is { } near ? $"did you mean \"{near}\"?" : "\"timix recipe\" lists all keys.")}");
}
