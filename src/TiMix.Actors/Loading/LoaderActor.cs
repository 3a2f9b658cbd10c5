using Akka.Actor;
using TiMix.Data;
using TiMix.Data.Loading;
using TiMix.Exchange.Bundles;
using TiMix.Protocol.Messages;
using TiMix.Work.Compute;
using TiMix.Work.Loading;

namespace TiMix.Actors.Loading;

/// <summary>
/// Loads micro-batches on demand: (step, micro-batch) → decoded, augmented samples as a bundle. Stateless: any loader gives the
/// same bytes. It works off requests in order on one compute thread; asking again for what is under way changes nothing.
/// </summary>
public sealed class LoaderActor : ReceiveActor
{
    private sealed record Done(LoaderMessages.Load Request, LoadedBatch? Batch, string? Failure) : INoSerializationVerificationNeeded;

    private readonly Dictionary<LoaderMessages.Load, IActorRef> _underWay = [];
    private readonly CancellationTokenSource _stopped = new();
    private readonly ComputeThread _thread = new("loader");
    private readonly BundleStore _bundles;

    /// <param name="loader">Shared by all loaders.</param>
    /// <param name="bundles">Where the bundles wait.</param>
    public LoaderActor(BatchLoader loader, BundleStore bundles)
    {
        _bundles = bundles;
        Receive<LoaderMessages.Load>(request =>
        {
            var known = _underWay.ContainsKey(request);
            _underWay[request] = Sender;
            if (!known)
            {
                _thread.Run(() => Load(loader, request, _stopped.Token)).PipeTo(Self, Self);
            }
        });
        Receive<Done>(done =>
        {
            _underWay.Remove(done.Request, out var asker);
            var (step, microBatch) = (done.Request.Step, done.Request.MicroBatch);
            asker.Tell(done.Batch is { } batch
                ? new LoaderMessages.Loaded(step, microBatch, new LoadedSamples(_bundles.Put(SampleBundle.Pack(batch), Self.Path.ToString()), batch.Epoch, batch.DrawnIndices, batch.Replacements))
                : new LoaderMessages.LoadFailed(step, microBatch, done.Failure!));
        });
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

    private static Done Load(BatchLoader loader, LoaderMessages.Load request, CancellationToken stopped)
    {
        try
        {
            return new Done(request, loader.Load(request.Step, request.MicroBatch, stopped), null);
        }
        catch (DataException error)
        {
            return new Done(request, null, error.Message);
        }
    }
}
