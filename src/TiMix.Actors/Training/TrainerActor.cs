using Akka.Actor;
using TiMix.Actors.Entering;
using TiMix.Actors.Messages;
using TiMix.Exchange;
using TiMix.Protocol.Messages;
using TiMix.Protocol.Training;
using TiMix.Protocol.Values;
using TiMix.Runs.Recipes;
using TiMix.Work.Training;

namespace TiMix.Actors.Training;

/// <summary>The shell of <see cref="TrainerCore"/>: messages go in, and what the core wants done is done by threads, links and files.</summary>
public sealed class TrainerActor : EnteredActor, IWithTimers
{
    /// <summary>Local to the node: the trainer has left, or <paramref name="PutOut"/> says why not, and the process ends with whatever hangs in it.</summary>
    public sealed record HasLeft(string? PutOut) : INoSerializationVerificationNeeded;

    private readonly ExchangeNode _exchange;
    private readonly IActorRef _coordinator;
    private readonly TimeSpan _statusInterval;
    private readonly Addresses _addresses = new(Context.System);
    private readonly string _coordinatorAddress;
    private readonly TrainerCore _core;
    private readonly MicroBatchShelf _microBatches;
    private readonly PublishedTeachers _teachers;
    private readonly TrainerFiles _files;
    private readonly TrainerMathematics _mathematics;
    private readonly TrainerLinks _links;

    /// <param name="settings">The run and the node.</param>
    /// <param name="coordinator">Who hands out views.</param>
    public TrainerActor(TrainerSettings settings, IActorRef coordinator)
        : base(ActorKind.Trainer)
    {
        var (id, owner, self) = ($"{settings.Node}~{Guid.NewGuid().ToString("N")[..8]}", Self.Path.ToString(), Self);
        (_exchange, _coordinator, _statusInterval, _coordinatorAddress) = (settings.Exchange, coordinator, settings.StatusInterval, Addresses.Of(coordinator));
        _core = new TrainerCore(
            new TrainerIdentity(id, settings.Node, settings.Exchange.Endpoint, settings.Computes), _coordinatorAddress, settings.Recipe.Plan(),
            settings.WarmUp);
        _microBatches = new MicroBatchShelf(settings.Recipe, settings.Model, settings.Exchange);
        _teachers = new PublishedTeachers(settings.Exchange.Bundles, owner);
        _files = new TrainerFiles(settings);
        _mathematics = new TrainerMathematics(settings, id, owner, _teachers, _files, input => self.Tell(input));
        _links = new TrainerLinks(settings, id, input => self.Tell(input));
        Receive<IInput>(Handle);
        Receive<ITiMixMessage>(message => Handle(new Received(Addresses.Of(Sender), message)));
        Receive<Status.Failure>(failure => throw TrainerFailure.Of(Context.System, settings.Node, _core.Step, failure.Cause));
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>How to make one.</summary>
    public static Props Props(TrainerSettings settings, IActorRef coordinator) => Akka.Actor.Props.Create(() => new TrainerActor(settings, coordinator));

    /// <inheritdoc/>
    protected override void PreStart()
    {
        Timers.StartPeriodicTimer("tick", Tick.Instance, _statusInterval);
        Self.Tell(new TrainerInputs.Started());
    }

    /// <inheritdoc/>
    protected override void PostStop()
    {
        _mathematics.ThenDispose(_links.Unlink());
        _mathematics.Dispose();
        _microBatches.Dispose();
        _files.Dispose();
        _teachers.Dispose();
        _exchange.Bundles.ReleaseOwner(Self.Path.ToString());
        _exchange.Bundles.ReleaseOwner(TrainerMathematics.StatesOf(Self.Path.ToString()));
    }

    private void Handle(IInput input)
    {
        foreach (var effect in _core.Handle(input, Environment.TickCount64))
        {
            Do(effect);
        }
    }

    private void Do(IEffect effect)
    {
        switch (effect)
        {
            case Send send:
                (send.To == _coordinatorAddress ? _coordinator : _addresses.Find(send.To)).Tell(send.Message);
                break;
            case TrainerEffects.Link or TrainerEffects.LinkAhead or TrainerEffects.Unlink or TrainerEffects.UnlinkAhead or TrainerEffects.GoOver:
                _mathematics.ThenDispose(_links.Do(effect));
                break;
            case TrainerEffects.DropMicroBatch unwanted:
                _microBatches.Drop(unwanted);
                break;
            case TrainerEffects.DropTeacher unwanted:
                _teachers.Drop(unwanted);
                break;
            case TrainerEffects.Release unwanted:
                _exchange.Release(unwanted.Content);
                break;
            case TrainerEffects.FallSilent fall:
                _exchange.Blackhole(TimeSpan.FromMilliseconds(fall.Milliseconds));
                break;
            case TrainerEffects.FlipBit:
                _mathematics.FlipBit();
                break;
            case TrainerEffects.Lie lie:
                _mathematics.Lie(lie.Kind);
                break;
            case TrainerEffects.EndProcess end:
                var more = end.ForGood ? "; no trainer of this node is taken in again before the run is resumed" : "";
                Context.System.EventStream.Publish(new HasLeft($"this trainer was put out: {end.Reason}{more}"));
                break;
            case TrainerEffects.Leave:
                Context.System.EventStream.Publish(new HasLeft(null));
                break;
            default:
                // What comes of it is an input; a failure ends this actor, and its supervisor starts it anew.
                Begin(effect).PipeTo(Self, Self);
                break;
        }
    }

    private Task<IInput> Begin(IEffect effect) => effect switch
    {
        TrainerEffects.WarmUp => _mathematics.WarmUp(),
        TrainerEffects.VerifyState verify => _mathematics.Verify(verify.Generation),
        TrainerEffects.DrawState draw => _mathematics.Draw(draw.Generation),
        TrainerEffects.RestoreState restore => _mathematics.Restore(restore),
        TrainerEffects.AcceptState accept => _mathematics.Accept(accept.Offer, _links.Broken),
        TrainerEffects.FollowStep follow => _mathematics.Follow(follow.Offer, _links.Broken),
        TrainerEffects.HashState => _mathematics.Hash(),
        TrainerEffects.CopyState copy => _mathematics.Copy(copy),
        TrainerEffects.CaptureState => _mathematics.Capture(),
        TrainerEffects.WriteSnapshot write => _files.Write(write),
        TrainerEffects.WriteAudit => _files.WriteAuditAgain(),
        TrainerEffects.FetchMicroBatch fetch => _microBatches.Fetch(fetch),
        TrainerEffects.BeginView begin => _mathematics.BeginView(begin.Lineage),
        TrainerEffects.Compute step => _mathematics.Compute(step, _microBatches.Of(step), _links.Group),
        TrainerEffects.PackTeacher pack => _teachers.Pack(pack),
        _ => throw new ArgumentException($"Nobody knows how to do {effect.GetType().Name}.", nameof(effect)),
    };
}
