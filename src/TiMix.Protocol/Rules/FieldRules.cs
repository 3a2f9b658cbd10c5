using TiMix.Base;
using TiMix.Protocol.Values;

namespace TiMix.Protocol.Rules;

/// <summary>
/// What may stand in a field, by its name: one word means one thing in all messages. A text whose name is not here is refused; so is whatever is longer
/// than anything that a run of any size has to say.
/// </summary>
public static class FieldRules
{
    /// <summary>Steps, generations, versions, times and bytes stay below this: a double still tells them apart.</summary>
    public const long Largest = 1L << 53;

    /// <summary>Micro-batches of a step.</summary>
    public const int MostMicroBatches = 1 << 20;

    private const int LongestText = 16_384;
    private const int LongestLine = 4_096;
    private const int LongestRecipe = 1 << 20;
    private const int MostItems = 10_000;
    private const int MostSamples = 1 << 20;

    private static readonly Dictionary<string, Func<string, bool>> Texts = new(StringComparer.Ordinal)
    {
        ["Node"] = NodeNames.IsName, ["Leader"] = NodeNames.IsName, ["Nodes"] = NodeNames.IsName, ["Present"] = NodeNames.IsName, ["Living"] = NodeNames.IsName,
        ["Other"] = NodeNames.IsName, ["AccusedBy"] = NodeNames.IsName,
        ["Trainer"] = IsTrainer, ["Suspects"] = IsTrainer, ["Role"] = IsRole, ["Roles"] = IsRole, ["Endpoint"] = IsEndpoint,
        ["Loaders"] = IsLine, ["Mixers"] = IsLine, ["Roster.Trainers"] = IsLine, ["Roster.Trainers.Keys"] = IsTrainer,
        ["Directory"] = SnapshotNames.IsName, ["From"] = text => IsTrainer(text) || SnapshotNames.IsName(text),
        ["MonitorMessages.SnapshotCommitted.Directory"] = IsLine, ["SampleComposed.Directory"] = IsLine, ["SampleTasksComposed.Directory"] = IsLine,
        ["Snapshot"] = IsLine, ["Damaged"] = IsLine, ["Path"] = IsLine, ["File"] = IsLine, ["Where"] = IsLine, ["Key"] = IsLine,
        ["Fingerprint"] = IsHash, ["Hash"] = IsHash, ["Recipe"] = IsRecipe,
        ["RunId"] = IsHash, ["RecipeHash"] = IsHash, ["Data"] = IsHash, ["Version"] = IsLine, ["Place"] = IsLine,
        ["JoinRefusal.Said"] = IsLine, ["JoinRefusal.Wanted"] = IsLine,
        ["Run"] = IsLine, ["Computes"] = IsLine, ["Host"] = IsLine, ["Device"] = IsLine, ["Address"] = IsLine, ["Url"] = IsLine, ["Day"] = IsLine,
        ["Target"] = IsLine, ["Split"] = IsLine, ["Splits"] = IsLine, ["Metrics.Keys"] = IsLine, ["Values.Keys"] = IsLine, ["Buffers.Keys"] = IsLine,
        ["Seeded"] = IsLine, ["Unused"] = IsLine, ["TextLayout"] = IsLine, ["VisionActivation"] = IsLine, ["TextActivation"] = IsLine,
        ["Attention"] = IsLine, ["Precision"] = IsLine,
        ["Reason"] = IsSaid, ["Error"] = IsSaid, ["Said"] = IsSaid, ["What"] = IsSaid, ["LastLine"] = IsSaid,
    };

    /// <summary>-1: none. What ended a process, and the days since a certificate has ended, may be anything.</summary>
    private static readonly Dictionary<string, long> Least = new(StringComparer.Ordinal)
    {
        ["Applied"] = -1, ["Began"] = -1, ["Committed"] = -1, ["ExitCode"] = int.MinValue, ["DaysLeft"] = int.MinValue,
    };

    private static readonly Dictionary<string, long> Most = new(StringComparer.Ordinal)
    {
        ["First"] = MostMicroBatches, ["Count"] = MostMicroBatches, ["MicroBatch"] = MostMicroBatches - 1, ["MicroBatches"] = MostMicroBatches,
        ["ProcessId"] = int.MaxValue,
    };

    /// <summary>What the mathematics gave, whatever it is; a loss that is not finite has to be told.</summary>
    private static readonly HashSet<string> AnyNumber = new(StringComparer.Ordinal)
    {
        "Loss", "Values", "Metrics", "MeanRecall", "Temperature", "LearningRate", "GradientNorm", "SamplesPerSecond",
    };

    private static readonly Dictionary<string, int> MostOf = new(StringComparer.Ordinal)
    {
        ["Indices"] = MostSamples, ["Pairing"] = MostSamples, ["Target"] = MostSamples, ["Source"] = MostSamples, ["Replacements"] = MostSamples,
        ["MicroBatches"] = MostMicroBatches,
    };

    /// <summary>Whether there is a rule for a text in this field.</summary>
    /// <param name="owner">The type that it belongs to.</param>
    /// <param name="field">Its name.</param>
    public static bool Knows(Type owner, string field) => RuleOf(owner, field) is not null;

    internal static bool Allows(Type owner, string field, string text) => RuleOf(owner, field)?.Invoke(text) ?? false;

    internal static bool Allows(string field, long number) => number >= Least.GetValueOrDefault(field) && number <= Most.GetValueOrDefault(field, Largest);

    internal static bool Allows(string field, double number) => AnyNumber.Contains(field) || (double.IsFinite(number) && Math.Abs(number) <= Largest);

    internal static bool AllowsItems(string field, int count) => count <= MostOf.GetValueOrDefault(field, MostItems);

    internal static bool IsTrainer(string text)
    {
        var tilde = text.IndexOf('~', StringComparison.Ordinal);
        return tilde > 0 && NodeNames.IsName(text[..tilde]) && text.Length - tilde - 1 is > 0 and <= 32 && text[(tilde + 1)..].All(char.IsAsciiLetterOrDigit);
    }

    private static Func<string, bool>? RuleOf(Type owner, string field) =>
        Texts.GetValueOrDefault($"{owner.DeclaringType?.Name}.{owner.Name}.{field}") ?? Texts.GetValueOrDefault($"{owner.Name}.{field}")
        ?? Texts.GetValueOrDefault(field);

    private static bool IsRole(string text) => text == NodeRoles.Launcher || NodeRoles.All.Contains(text);

    private static bool IsEndpoint(string text) => text.Length <= 300
        && HostPort.TrySplit(text, out var host, out var port) && port > 0 && Uri.CheckHostName(host) != UriHostNameType.Unknown;

    private static bool IsHash(string text) => text.Length is > 0 and <= 128 && text.All(char.IsAsciiHexDigit);

    private static bool IsLine(string text) => text.Length is > 0 and <= LongestLine && !text.Any(Printable.IsControl);

    private static bool IsRecipe(string text) => text.Length <= LongestRecipe && !text.Any(c => Printable.IsControl(c) && c is not ('\n' or '\r' or '\t'));

    /// <summary>Whatever is said by those who fail: shown by <see cref="Printable"/> alone.</summary>
    private static bool IsSaid(string text) => text.Length <= LongestText;
}
