using Akka.Actor;
using TiMix.Actors.Entering;
using TiMix.Actors.Messages;
using TiMix.Exchange;
using TiMix.Learning.Model;
using TiMix.Protocol.Messages;
using TiMix.Protocol.Serving;
using TiMix.Runs.Recipes;
using TiMix.Work.Compute;
using TiMix.Work.Loading;
using TiMix.Work.Mixing;

namespace TiMix.Actors.Mixing;

/// <summary>The shell of <see cref="MixerCore"/>: keeps the teacher's versions, and fetches and mixes on threads of its own.</summary>
public sealed class MixerActor : EnteredActor, IWithTimers
{
    private sealed record Fetched(MixerEffects.FetchTeacher Effect, float[]? Parameters) : INoSerializationVerificationNeeded;

    private sealed record Done(MixerEffects.Mix Effect, MixerAnswer? Answer) : INoSerializationVerificationNeeded;

    private static readonly TimeSpan TickInterval = TimeSpan.FromMilliseconds(250);
    private readonly Dictionary<(long Lineage, long Version), float[]> _teachers = [];
    private readonly ComputeThread _thread = new("mixer");
    private readonly ComputeThread _fetching = new("teacher fetcher");
    private readonly CancellationTokenSource _stopped = new();
    private readonly Addresses _addresses = new(Context.System);
    private readonly MixerCore _core;
    private readonly Mixer _mixer;
    private readonly ExchangeNode _exchange;

    /// <param name="recipe">Method, seeds and schedules.</param>
    /// <param name="model">Sizes of the teacher.</param>
    /// <param name="device">Where the teacher computes.</param>
    /// <param name="exchange">Where bundles are.</param>
    public MixerActor(Recipe recipe, ModelConfig model, TorchSharp.torch.Device device, ExchangeNode exchange)
        : base(ActorKind.Mixer)
    {
        (_exchange, _mixer, _core) = (exchange, new Mixer(recipe, model, device), new MixerCore(recipe.Plan(), recipe.TeacherNeed()));
        Receive<ITiMixMessage>(message => Handle(new Received(Addresses.Of(Sender), message)));
        Receive<Tick>(Handle);
        Receive<Fetched>(Keep);
        Receive<Done>(Publish);
        Receive<Status.Failure>(failure => throw new InvalidOperationException($"Mixing failed: {failure.Cause.Message}", failure.Cause));
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>How to make one.</summary>
    public static Props Props(Recipe recipe, ModelConfig model, TorchSharp.torch.Device device, ExchangeNode exchange) =>
        Akka.Actor.Props.Create(() => new MixerActor(recipe, model, device, exchange));

    /// <inheritdoc/>
    protected override void PreStart() => Timers.StartPeriodicTimer("tick", Tick.Instance, TickInterval);

    /// <inheritdoc/>
    protected override void PostStop()
    {
        _stopped.Cancel();
        _ = _thread.Run(() =>
        {
            _mixer.Dispose();
            return true;
        });
        _thread.Dispose();
        _fetching.Dispose();
        _exchange.Bundles.ReleaseOwner(Self.Path.ToString());
    }

    private void Handle(IInput input)
    {
        foreach (var effect in _core.Handle(input, Environment.TickCount64))
        {
            switch (effect)
            {
                case Send send:
                    _addresses.Find(send.To).Tell(send.Message);
                    break;
                case MixerEffects.FetchTeacher fetch:
                    _fetching.Run(() => Fetch(fetch)).PipeTo(Self, Self);
                    break;
                case MixerEffects.DropTeacher drop:
                    _teachers.Remove((drop.Lineage, drop.Version));
                    break;
                case MixerEffects.Mix mix:
                    var parameters = mix.Version is { } version ? _teachers[(mix.Lineage, version)] : null;
                    _thread.Run(() => Mix(mix, parameters)).PipeTo(Self, Self);
                    break;
                case MixerEffects.Release release:
                    _exchange.Release(release.Content);
                    break;
            }
        }
    }

    private Fetched Fetch(MixerEffects.FetchTeacher effect)
    {
        using var bundle = _exchange.Take(((TeacherParameters)effect.Parameters).Parameters, _stopped.Token);
        return new Fetched(effect, bundle?.Get<float>("parameters").ToArray());
    }

    private void Keep(Fetched fetched)
    {
        var (lineage, version) = (fetched.Effect.Lineage, fetched.Effect.Version);
        if (fetched.Parameters is { } parameters)
        {
            _teachers[(lineage, version)] = parameters;
        }

        Handle(new MixerInputs.TeacherFetched(lineage, version, fetched.Parameters is not null));
    }

    private Done Mix(MixerEffects.Mix effect, float[]? parameters)
    {
        using var samples = _exchange.Read(((LoadedSamples)effect.Samples).Samples, _stopped.Token);
        return new Done(effect, samples is null ? null : _mixer.Run(effect.Step, effect.MicroBatch, SampleBundle.Unpack(samples), parameters));
    }

    private void Publish(Done done)
    {
        var mix = done.Effect;
        var mixed = done.Answer is { } answer
            ? new MixedSamples((LoadedSamples)mix.Samples, _exchange.Bundles.Put(answer.Features, Self.Path.ToString()), answer.Plan)
            : null;
        Handle(new MixerInputs.Mixed(mix.Lineage, mix.Step, mix.MicroBatch, mixed));
    }
}
