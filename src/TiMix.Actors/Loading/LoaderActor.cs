using Akka.Actor;
using TiMix.Actors.Entering;
using TiMix.Actors.Messages;
using TiMix.Data;
using TiMix.Data.Loading;
using TiMix.Exchange.Bundles;
using TiMix.Protocol.Messages;
using TiMix.Protocol.Serving;
using TiMix.Protocol.Values;
using TiMix.Work.Compute;
using TiMix.Work.Loading;

namespace TiMix.Actors.Loading;

/// <summary>The shell of <see cref="LoaderCore"/>: decodes and augments on one compute thread.</summary>
public sealed class LoaderActor : EnteredActor
{
    private sealed record Done(MicroBatchKey Key, LoadedBatch? Batch, string? Failure) : INoSerializationVerificationNeeded;

    private readonly LoaderCore _core = new();
    private readonly Addresses _addresses = new(Context.System);
    private readonly CancellationTokenSource _stopped = new();
    private readonly ComputeThread _thread = new("loader");
    private readonly BatchLoader _loader;
    private readonly BundleStore _bundles;

    /// <param name="loader">Shared by all loaders.</param>
    /// <param name="bundles">Where the bundles wait.</param>
    public LoaderActor(BatchLoader loader, BundleStore bundles)
        : base(ActorKind.Loader)
    {
        (_loader, _bundles) = (loader, bundles);
        Receive<ITiMixMessage>(message => Handle(new Received(Addresses.Of(Sender), message)));
        Receive<Done>(
            done => Handle(done.Batch is { } batch ? new LoaderInputs.Loaded(done.Key, Publish(batch)) : new LoaderInputs.Failed(done.Key, done.Failure!)));
        Receive<Status.Failure>(failure => throw new InvalidOperationException($"Loading failed: {failure.Cause.Message}", failure.Cause));
    }

    /// <summary>How to make one.</summary>
    public static Props Props(BatchLoader loader, BundleStore bundles) => Akka.Actor.Props.Create(() => new LoaderActor(loader, bundles));

    /// <inheritdoc/>
    protected override void PostStop()
    {
        _stopped.Cancel();
        _thread.Dispose();
        _bundles.ReleaseOwner(Self.Path.ToString());
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
                case LoaderEffects.Load load:
                    _thread.Run(() => Load(load.Key)).PipeTo(Self, Self);
                    break;
            }
        }
    }

    private Done Load(MicroBatchKey key)
    {
        try
        {
            return new Done(key, _loader.Load(key.Step, key.MicroBatch, _stopped.Token), null);
        }
        catch (DataException error)
        {
            return new Done(key, null, error.Message);
        }
    }

    private LoadedSamples Publish(LoadedBatch batch) =>
        new(_bundles.Put(SampleBundle.Pack(batch), Self.Path.ToString()), batch.Epoch, batch.DrawnIndices, batch.Replacements);
}
