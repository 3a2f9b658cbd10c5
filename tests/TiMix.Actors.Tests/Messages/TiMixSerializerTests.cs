using TiMix.Work.Training;
using TiMix.Work.Mixing;
using TiMix.Work.Loading;
using System.Runtime.Serialization;
using System.Text;
using System.Text.Json;
using Akka.Actor;
using TiMix.Actors.Messages;
using TiMix.Protocol.Messages;
using TiMix.Protocol.Notices;
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
            var message = Examples.Of(type)!;
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

    [Fact]
    public void Whatever_is_told_entered_or_answered_comes_back_as_it_went_and_names_no_type_of_this_program()
    {
        var serializer = new TiMixSerializer((ExtendedActorSystem)_system);
        AllComeBack<Notice>(notice => new MonitorMessages.Told(notice), message => ((MonitorMessages.Told)message).Notice);
        AllComeBack<RunPhase>(phase => new MonitorMessages.Entered(phase), message => ((MonitorMessages.Entered)message).Phase);
        AllComeBack<CoordinatorAnswer>(answer => new CoordinatorCommands.Answer(answer), message => ((CoordinatorCommands.Answer)message).What);

        void AllComeBack<T>(Func<T, ITiMixMessage> wrap, Func<object, T> unwrap)
            where T : notnull => Assert.All(Examples.OfEach<T>(), what =>
        {
            var message = wrap(what);
            var bytes = serializer.ToBinary(message);
            var back = unwrap(serializer.FromBinary(bytes, serializer.Manifest(message)));
            Assert.IsType(what.GetType(), back);
            Assert.Equal(JsonSerializer.Serialize(what, what.GetType()), JsonSerializer.Serialize(back, what.GetType()));
            Assert.DoesNotContain(what.GetType().Name, Encoding.UTF8.GetString(bytes), StringComparison.Ordinal);
        });
    }

    [Fact]
    public void What_is_not_of_a_closed_type_is_refused()
    {
        var serializer = new TiMixSerializer((ExtendedActorSystem)_system);
        Assert.Throws<JsonException>(() => serializer.FromBinary("{\"phase\":{\"$type\":\"dreaming\"}}"u8.ToArray(), "monitor.entered"));
    }

    [Theory]
    [InlineData(typeof(LoadedSamples))]
    [InlineData(typeof(MixedSamples))]
    [InlineData(typeof(TeacherParameters))]
    [InlineData(typeof(StateBuffers))]
    [InlineData(typeof(StepSum))]
    public void A_content_comes_back_as_what_it_was(Type content)
    {
        var serializer = new TiMixSerializer((ExtendedActorSystem)_system);
        var message = new StateMessages.StateOffered(3, 10, "f00d", (IContent)Examples.Of(content)!);
        var back = (StateMessages.StateOffered)serializer.FromBinary(serializer.ToBinary(message), serializer.Manifest(message));
        Assert.IsType(content, back.State);
        Assert.Equal(JsonSerializer.Serialize(message.State, content), JsonSerializer.Serialize(back.State, content));
    }

    [Fact]
    public void A_status_carries_what_is_held_against_others_and_one_of_before_holds_nothing()
    {
        var serializer = new TiMixSerializer((ExtendedActorSystem)_system);
        var accused = new Accusation("b~1", OffenceKind.SumNotFinite, 7, [2, 3], "not finite");
        var status = (TrainerStatus)Examples.Of(typeof(TrainerStatus))! with { Accused = [accused], Stage = StepStage.Reduce };
        var back = (TrainerStatus)serializer.FromBinary(serializer.ToBinary(status), serializer.Manifest(status));
        Assert.Equal(("b~1", OffenceKind.SumNotFinite, StepStage.Reduce), (back.Accused.Single().Trainer, back.Accused.Single().Kind, back.Stage));
        Assert.Equal([2, 3], back.Accused.Single().MicroBatches);
        var before = Encoding.UTF8.GetString(serializer.ToBinary(status with { Accused = [], Stage = StepStage.None }))
            .Replace("\"accused\":[],", "", StringComparison.Ordinal).Replace("\"stage\":\"None\",", "", StringComparison.Ordinal);
        var old = (TrainerStatus)serializer.FromBinary(Encoding.UTF8.GetBytes(before), serializer.Manifest(status));
        Assert.Equal((0, StepStage.None), (old.Accused.Count, old.Stage));
    }

    [Fact]
    public void A_loss_that_is_not_finite_can_still_be_told()
    {
        var serializer = new TiMixSerializer((ExtendedActorSystem)_system);
        var step = (StepReport)Examples.Of(typeof(StepReport))! with { Loss = double.NaN, GradientNorm = double.PositiveInfinity };
        var message = new MonitorMessages.StepApplied(step, [], true);
        var back = (MonitorMessages.StepApplied)serializer.FromBinary(serializer.ToBinary(message), serializer.Manifest(message));
        Assert.Equal(step, back.Report);
    }
}
