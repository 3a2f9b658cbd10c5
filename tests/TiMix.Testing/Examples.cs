using System.Reflection;
using TiMix.Base;
using TiMix.Exchange.Bundles;
using TiMix.Learning.Mixing;
using TiMix.Learning.Model;
using TiMix.Protocol.Messages;
using TiMix.Protocol.Values;
using TiMix.Work.Training;
using TiMix.Work.Mixing;

namespace TiMix.Testing;

/// <summary>Values to send about and to put into words.</summary>
public static class Examples
{
    private static readonly string SnapshotPath = "/runs/a/snapshots/" + SnapshotNames.Of(1L << 40);

    /// <summary>An instance whose every field differs from its default.</summary>
    public static object? Of(Type type) => Of(type, "", "");

    /// <param name="type">Of the value.</param>
    /// <param name="owner">Name of the type that it belongs to.</param>
    /// <param name="field">Its name there.</param>
    private static object? Of(Type type, string owner, string field)
    {
        if (Nullable.GetUnderlyingType(type) is { } inner)
        {
            return Of(inner, owner, field);
        }

        return type switch
        {
            _ when type == typeof(string) => Text(owner, field),
            _ when type == typeof(StateWay) => StateWay.Copy,
            _ when type == typeof(int) && field == "First" => 0,
            _ when type == typeof(IReadOnlyList<string>) && field == "Roles" => new[] { "mixer", "trainer" },
            _ when type == typeof(IReadOnlyList<string>) && field == "Suspects" => new[] { "b~1", "c~2" },
            _ when type == typeof(bool) => true,
            _ when type == typeof(TimeSpan) => TimeSpan.FromSeconds(2.5),
            _ when type == typeof(int) => 7,
            _ when type == typeof(long) => 1L << 40,
            _ when type == typeof(ulong) => ulong.MaxValue,
            _ when type == typeof(float) => 0.1f,
            _ when type == typeof(double) => 0.1,
            _ when type == typeof(int[]) => new[] { 3, 1, 2 },
            _ when type.IsEnum => Enum.GetValues(type).GetValue(Enum.GetValues(type).Length - 1),
            _ when type == typeof(IReadOnlyList<string>) => new[] { "a", "b" },
            _ when type == typeof(IReadOnlyList<Replacement>) => new[] { (Replacement)Of(typeof(Replacement))! },
            _ when type == typeof(IReadOnlyList<Share>) => new[] { (Share)Of(typeof(Share))! },
            _ when type == typeof(IReadOnlyList<SplitEvaluation>) => new[] { (SplitEvaluation)Of(typeof(SplitEvaluation))! },
            _ when type == typeof(IReadOnlyDictionary<string, double>) => new Dictionary<string, double> { ["meanRecall"] = 12.5 },
            _ when type == typeof(IReadOnlyList<NodeDescription>) => new[] { (NodeDescription)Of(typeof(NodeDescription))! },
            _ when type == typeof(IReadOnlyList<TrainerStatus>) => new[] { (TrainerStatus)Of(typeof(TrainerStatus))! },
            _ when type == typeof(IReadOnlyList<CommittedSnapshot>) => new[] { (CommittedSnapshot)Of(typeof(CommittedSnapshot))! },
            _ when type == typeof(IReadOnlyList<ViewChange>) => new[] { (ViewChange)Of(typeof(ViewChange))! },
            _ when type == typeof(IReadOnlyList<JoinObstacle>) => new[] { (JoinObstacle)Of(typeof(JoinObstacle))! },
            _ when type == typeof(IReadOnlyList<int>) => new[] { 5, 2 },
            _ when type == typeof(IReadOnlyList<OffenceKind>) => new[] { OffenceKind.Malformed, OffenceKind.Stuck },
            _ when type == typeof(IReadOnlyList<StateSource>) => new[] { (StateSource)Of(typeof(StateSource))! },
            _ when type == typeof(IReadOnlyDictionary<string, string>) => new Dictionary<string, string> { ["a~1"] = "akka://x" },
            _ when type == typeof(IReadOnlyDictionary<string, BundleReference>) =>
                new Dictionary<string, BundleReference> { ["student"] = (BundleReference)Of(typeof(BundleReference))! },
            _ when type == typeof(Named<double>) => new Named<double>(("itc", 0.25), ("new", 0.5)),
            _ when type == typeof(MixMethod) => new OracleMix(),
            _ when type == typeof(IContent) => Of(typeof(TeacherParameters)),
            _ when type == typeof(ModelConfig) => new ModelConfig
            {
                ImageSize = 16,
                PatchSize = 4,
                VisionWidth = 16,
                VisionLayers = 2,
                VisionHeads = 2,
                TextWidth = 16,
                TextLayers = 2,
                TextHeads = 2,
                EmbedDim = 8,
                ContextLength = 6,
                VocabularySize = 20,
            },
            _ when type.IsAbstract => Of(Closed(type)[0]),
            _ => Construct(type),
        };
    }

    /// <summary>The concrete types of a hierarchy that is closed in its assembly.</summary>
    public static IReadOnlyList<Type> Closed(Type type) => [.. type.Assembly.GetTypes().Where(derived => !derived.IsAbstract && derived.IsAssignableTo(type))];

    /// <summary>One of each of them.</summary>
    public static IReadOnlyList<T> OfEach<T>() => [.. Closed(typeof(T)).Select(type => (T)Of(type)!)];

    private static object Construct(Type type)
    {
        var constructor = type.GetConstructors(BindingFlags.Public | BindingFlags.Instance).MaxBy(candidate => candidate.GetParameters().Length)!;
        return constructor.Invoke([.. constructor.GetParameters().Select(parameter =>
            Of(parameter.ParameterType, type.DeclaringType?.Name ?? type.Name, parameter.Name!))]);
    }

    private static string Text(string owner, string field) => field switch
    {
        "Node" or "Leader" or "Other" => "trainer-1",
        "Trainer" or "From" => "trainer-1~0a1b2c3d",
        "Endpoint" => "127.0.0.1:4053",
        "Role" => "mixer",
        "Hash" or "Fingerprint" or "RunId" or "RecipeHash" or "Data" => "f00d",
        "Snapshot" or "Damaged" => SnapshotPath,
        "Directory" => owner == nameof(MonitorMessages) ? SnapshotPath : SnapshotNames.Of(1L << 40),
        _ => "text \"with\" ünïcode",
    };
}
