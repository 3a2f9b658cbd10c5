using System.Collections;
using System.Text.Json.Nodes;
using Akka.Actor;
using TiMix.Actors.Messages;
using TiMix.Protocol.Messages;
using TiMix.Protocol.Notices;
using TiMix.Protocol.Rules;
using TiMix.Protocol.Values;

namespace TiMix.Actors.Tests.Entering;

public sealed class MessageRulesTests : IDisposable
{
    /// <summary>Whatever the mathematics gave, and numbers that have all their bits.</summary>
    private static readonly string[] AnyNumber =
    [
        "loss", "values", "metrics", "meanRecall", "temperature", "learningRate", "gradientNorm", "samplesPerSecond", "seed", "exitCode", "daysLeft",
        "itc", "new", "logitScaleInit", "epoch",
    ];

    private static readonly string[] Said = ["reason", "error", "said", "what", "lastLine", "stopReason"];
    private readonly ActorSystem _system = ActorSystem.Create("rules");

    public static TheoryData<Type> Types => [.. TiMixSerializer.KnownTypes.OrderBy(type => type.FullName, StringComparer.Ordinal)];

    public void Dispose() => _system.Dispose();

    [Theory]
    [MemberData(nameof(Types))]
    public void What_is_valid_passes(Type type) => Assert.Null(MessageRules.WrongIn((ITiMixMessage)Examples.Of(type)!));

    [Fact]
    public void Whatever_is_told_entered_or_answered_passes()
    {
        Assert.All(Examples.OfEach<Notice>(), notice => Assert.Null(MessageRules.WrongIn(new MonitorMessages.Told(notice))));
        Assert.All(Examples.OfEach<RunPhase>(), phase => Assert.Null(MessageRules.WrongIn(new MonitorMessages.Entered(phase))));
        Assert.All(Examples.OfEach<CoordinatorAnswer>(), answer => Assert.Null(MessageRules.WrongIn(new CoordinatorCommands.Answer(answer))));
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Every_text_has_a_rule(Type type) =>
        Assert.All(TextsIn(type, []), text => Assert.True(FieldRules.Knows(text.Owner, text.Field), $"{text.Owner.Name}.{text.Field}"));

    [Theory]
    [MemberData(nameof(Types))]
    public void Each_field_by_itself_makes_a_message_wrong_when_it_is_extreme_and_nothing_throws(Type type)
    {
        var serializer = new TiMixSerializer((ExtendedActorSystem)_system);
        var valid = (ITiMixMessage)Examples.Of(type)!;
        var (manifest, bytes) = (serializer.Manifest(valid), serializer.ToBinary(valid));
        foreach (var (path, mutate, mustBeWrong) in Mutations(JsonNode.Parse(bytes)!))
        {
            var changed = JsonNode.Parse(bytes)!;
            mutate(changed);
            ITiMixMessage message;
            try
            {
                message = (ITiMixMessage)serializer.FromBinary(System.Text.Encoding.UTF8.GetBytes(changed.ToJsonString()), manifest);
            }
            catch (Exception error) when (error is System.Text.Json.JsonException or InvalidOperationException or FormatException or NotSupportedException)
            {
                // The serializer refuses it already.
                continue;
            }

            if (serializer.ToBinary(message).AsSpan().SequenceEqual(bytes))
            {
                // It is worked out, not read.
                continue;
            }

            var wrong = MessageRules.WrongIn(message);
            Assert.True(!mustBeWrong || wrong is not null, $"{type.Name}: {path}");
        }
    }

    [Fact]
    public void A_snapshot_is_called_as_the_program_calls_it_and_no_other_way()
    {
        static string? Wrong(long step, string directory) => MessageRules.WrongIn(new CoordinatorCommands.ReportSnapshot(1, step, directory, "f00d"));
        Assert.Null(Wrong(20, "step-00000020"));
        Assert.Null(Wrong(123_456_789_012, "step-123456789012"));
        Assert.All(
            ["/any/directory", "..", "step-00000021", "step-20", "step-00000020/..", "../step-00000020", "step-00000020\n", ""],
            directory => Assert.NotNull(Wrong(20, directory)));
        Assert.NotNull(Wrong(-1, SnapshotNames.Of(-1)));
    }

    [Fact]
    public void A_view_gives_each_micro_batch_once()
    {
        static string? Wrong(params (string Trainer, int First, int Count)[] shares) => MessageRules.WrongIn(new TrainerOrders.Prepare(
            new View(3, 10, [.. shares.Select(share => new Share(share.Trainer, "n", "10.0.0.1:4053", share.First, share.Count))]),
            new StateSource("n~1", StateWay.Keep, null), 1));
        Assert.Null(Wrong(("n~1", 0, 3), ("n~2", 3, 5)));
        Assert.NotNull(Wrong(("n~1", 0, 3), ("n~2", 2, 5)));
        Assert.NotNull(Wrong(("n~1", 1, 3)));
        Assert.NotNull(Wrong(("n~1", 0, 3), ("n~1", 3, 5)));
        Assert.NotNull(Wrong(("n~2", 0, 3)));
        Assert.NotNull(Wrong(("n~1", 0, int.MaxValue)));
        Assert.NotNull(Wrong());
    }

    [Fact]
    public void A_lineage_that_never_comes_is_none()
    {
        var published = (MixerMessages.TeacherPublished)Examples.Of(typeof(MixerMessages.TeacherPublished))!;
        Assert.NotNull(MessageRules.WrongIn(published with { Lineage = long.MaxValue }));
    }

    private static IEnumerable<(Type Owner, string Field)> TextsIn(Type type, HashSet<Type> seen)
    {
        if (!seen.Add(type))
        {
            yield break;
        }

        foreach (var (name, field) in MessageRules.FieldsOf(type))
        {
            Type[] inner = [field, .. field.GetGenericArguments()];
            if (inner.Contains(typeof(string)) && !field.IsAssignableTo(typeof(IDictionary)))
            {
                var isNamed = field.IsGenericType && field.GetGenericArguments() is [var key, var value] && key == typeof(string) && value != typeof(string);
                yield return (type, isNamed ? name + ".Keys" : name);
            }

            foreach (var part in inner.Where(
            part => part is { IsEnum: false, IsGenericType: false } && part.FullName!.StartsWith("TiMix.", StringComparison.Ordinal)))
            {
                foreach (var text in (part.IsAbstract ? Examples.Closed(part) : [part]).SelectMany(concrete => TextsIn(concrete, seen)))
                {
                    yield return text;
                }
            }
        }
    }

    private static IEnumerable<(string Path, Action<JsonNode> Mutate, bool MustBeWrong)> Mutations(JsonNode valid)
    {
        foreach (var leaf in Leaves(valid))
        {
            var path = leaf.GetPath();
            var name = path.Split('.')[^1].Split('[')[0];
            if (leaf.GetValueKind() == System.Text.Json.JsonValueKind.String)
            {
                foreach (var text in (string[])["\u001b[2J", "a\u0000b", "../../etc", new string('x', 2_000_000), "", "\u009b31m"])
                {
                    var shown = $"{path} = {text[..Math.Min(9, text.Length)]}";
                    yield return (shown, Set(path, JsonValue.Create(text)), IsNever(name, text));
                }
            }
            else if (leaf.GetValueKind() == System.Text.Json.JsonValueKind.Number)
            {
                foreach (var number in (long[])[long.MinValue, -2, int.MinValue, long.MaxValue])
                {
                    yield return (
                        $"{path} = {number}", Set(path, JsonValue.Create(number)),
                        (number is long.MinValue or long.MaxValue) && !AnyNumber.Contains(name) && !IsBits(path));
                }

                yield return ($"{path} = NaN", Set(path, JsonValue.Create("NaN")), !AnyNumber.Contains(name));
            }

            yield return ($"{path} = null", Set(path, null), false);
        }
    }

    private static bool IsNever(string name, string text) => text.Length > 1_999_999 || (text.Any(char.IsControl) && !Said.Contains(name) && name != "$type");

    /// <summary>A bundle's hash.</summary>
    private static bool IsBits(string path) => path.EndsWith(".hash", StringComparison.Ordinal);

    private static Action<JsonNode> Set(string path, JsonNode? value) => root => Leaves(root).Single(leaf => leaf.GetPath() == path).ReplaceWith(value);

    private static IEnumerable<JsonNode> Leaves(JsonNode node) => node switch
    {
        JsonObject inner => inner.Where(pair => pair.Value is not null).SelectMany(pair => Leaves(pair.Value!)).ToList(),
        JsonArray items => items.Where(item => item is not null).SelectMany(item => Leaves(item!)).ToList(),
        _ => [node],
    };
}
