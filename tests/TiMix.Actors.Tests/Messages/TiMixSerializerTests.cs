using TiMix.Work.Training;
using TiMix.Work.Mixing;
using TiMix.Work.Loading;
using System.Reflection;
using System.Runtime.Serialization;
using System.Text.Json;
using Akka.Actor;
using TiMix.Actors.Messages;
using TiMix.Base;
using TiMix.Exchange.Bundles;
using TiMix.Learning.Mixing;
using TiMix.Learning.Model;
using TiMix.Protocol.Messages;
using TiMix.Protocol.Values;

namespace TiMix.Actors.Tests.Messages;

public sealed class TiMixSerializerTests : IDisposable
{
    private readonly ActorSystem _system = ActorSystem.Create("serializer");

    public void Dispose() => _system.Dispose();

    [Fact]
    public void Every_message_has_a_manifest_and_comes_back_as_it_went()
    {
        var serializer = new TiMixSerializer((ExtendedActorSystem)_system);
        Type[] types =
        [
            .. new[] { typeof(ITiMixMessage), typeof(TiMixSerializer) }
                .SelectMany(room => room.Assembly.GetTypes())
                .Where(type => type is { IsAbstract: false, IsInterface: false } && type.IsAssignableTo(typeof(ITiMixMessage))),
        ];
        Assert.Equal(types.OrderBy(type => type.FullName), TiMixSerializer.KnownTypes.OrderBy(type => type.FullName));
        Assert.All(types, type =>
        {
            var message = Make(type)!;
            var back = serializer.FromBinary(serializer.ToBinary(message), serializer.Manifest(message));
            Assert.IsType(type, back);
            Assert.Equal(JsonSerializer.Serialize(message, type), JsonSerializer.Serialize(back, type));
        });
    }

    [Fact]
    public void What_is_not_in_the_table_cannot_be_serialized_and_an_unknown_manifest_is_refused()
    {
        var serializer = new TiMixSerializer((ExtendedActorSystem)_system);
        Assert.Throws<ArgumentException>(() => serializer.ToBinary("text"));
        Assert.Throws<ArgumentException>(() => serializer.Manifest(new object()));
        Assert.Contains("newer", Assert.Throws<SerializationException>(() => serializer.FromBinary([], "loader.unheard-of")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(typeof(LoadedSamples))]
    [InlineData(typeof(MixedSamples))]
    [InlineData(typeof(TeacherParameters))]
    [InlineData(typeof(StateBuffers))]
    public void A_content_comes_back_as_what_it_was(Type content)
    {
        var serializer = new TiMixSerializer((ExtendedActorSystem)_system);
        var message = new StateMessages.StateOffered(3, 10, "f00d", (IContent)Make(content)!);
        var back = (StateMessages.StateOffered)serializer.FromBinary(serializer.ToBinary(message), serializer.Manifest(message));
        Assert.IsType(content, back.State);
        Assert.Equal(JsonSerializer.Serialize(message.State, content), JsonSerializer.Serialize(back.State, content));
    }

    [Fact]
    public void A_loss_that_is_not_finite_can_still_be_told()
    {
        var serializer = new TiMixSerializer((ExtendedActorSystem)_system);
        var step = (StepReport)Make(typeof(StepReport))! with { Loss = double.NaN, GradientNorm = double.PositiveInfinity };
        var message = new MonitorMessages.StepApplied(step, [], true);
        var back = (MonitorMessages.StepApplied)serializer.FromBinary(serializer.ToBinary(message), serializer.Manifest(message));
        Assert.Equal(step, back.Report);
    }

    /// <summary>An instance whose every field differs from its default.</summary>
    private static object? Make(Type type)
    {
        if (Nullable.GetUnderlyingType(type) is { } inner)
        {
            return Make(inner);
        }

        return type switch
        {
            _ when type == typeof(string) => "text \"with\" ünïcode",
            _ when type == typeof(bool) => true,
            _ when type == typeof(int) => 7,
            _ when type == typeof(long) => 1L << 40,
            _ when type == typeof(ulong) => ulong.MaxValue,
            _ when type == typeof(float) => 0.1f,
            _ when type == typeof(double) => 0.1,
            _ when type == typeof(int[]) => new[] { 3, 1, 2 },
            _ when type.IsEnum => Enum.GetValues(type).GetValue(Enum.GetValues(type).Length - 1),
            _ when type == typeof(IReadOnlyList<string>) => new[] { "a", "b" },
            _ when type == typeof(IReadOnlyList<Replacement>) => new[] { (Replacement)Make(typeof(Replacement))! },
            _ when type == typeof(IReadOnlyList<Share>) => new[] { (Share)Make(typeof(Share))! },
            _ when type == typeof(IReadOnlyList<SplitEvaluation>) => new[] { (SplitEvaluation)Make(typeof(SplitEvaluation))! },
            _ when type == typeof(IReadOnlyDictionary<string, double>) => new Dictionary<string, double> { ["meanRecall"] = 12.5 },
            _ when type == typeof(IReadOnlyList<NodeDescription>) => new[] { (NodeDescription)Make(typeof(NodeDescription))! },
            _ when type == typeof(IReadOnlyList<TrainerStatus>) => new[] { (TrainerStatus)Make(typeof(TrainerStatus))! },
            _ when type == typeof(IReadOnlyList<CommittedSnapshot>) => new[] { (CommittedSnapshot)Make(typeof(CommittedSnapshot))! },
            _ when type == typeof(IReadOnlyList<ViewChange>) => new[] { (ViewChange)Make(typeof(ViewChange))! },
            _ when type == typeof(IReadOnlyList<int>) => new[] { 5, 2 },
            _ when type == typeof(IReadOnlyList<StateSource>) => new[] { (StateSource)Make(typeof(StateSource))! },
            _ when type == typeof(IReadOnlyDictionary<string, string>) => new Dictionary<string, string> { ["a~1"] = "akka://x" },
            _ when type == typeof(IReadOnlyDictionary<string, BundleReference>) =>
                new Dictionary<string, BundleReference> { ["student"] = (BundleReference)Make(typeof(BundleReference))! },
            _ when type == typeof(Named<double>) => new Named<double>(("itc", 0.25), ("new", 0.5)),
            _ when type == typeof(MixMethod) => new OracleMix(),
            _ when type == typeof(IContent) => Make(typeof(TeacherParameters)),
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
            _ => Construct(type),
        };
    }

    private static object Construct(Type type)
    {
        var constructor = type.GetConstructors(BindingFlags.Public | BindingFlags.Instance).MaxBy(candidate => candidate.GetParameters().Length)!;
        return constructor.Invoke([.. constructor.GetParameters().Select(parameter => Make(parameter.ParameterType))]);
    }
}
