using System.Globalization;
using TiMix.Exchange;
using TiMix.Exchange.Bundles;
using TiMix.Protocol.Messages;
using TiMix.Runs.Snapshots;

namespace TiMix.Work.Training;

/// <summary>A trainer's whole state as bundles, one a buffer, and back.</summary>
public static class StateTransfer
{
    private const string Content = "values";
    private const string VersionPrefix = "version.";

    /// <summary>Puts a copy of the state into the node's store.</summary>
    /// <param name="state">Must not change meanwhile.</param>
    /// <param name="generation">Of the view that asks.</param>
    /// <param name="store">The node's.</param>
    /// <param name="owner">Whose the bundles are until they are fetched.</param>
    public static StateMessages.StateOffered Offer(TrainingState state, long generation, BundleStore store, string owner)
    {
        var content = state.Capture();
        var buffers = new Dictionary<string, BundleReference>(StringComparer.Ordinal)
        {
            ["student"] = Put(content.Student),
            ["first"] = Put(content.First),
            ["second"] = Put(content.Second),
            ["average"] = Put(content.Average),
        };
        foreach (var (version, values) in content.Versions)
        {
            buffers.Add(VersionPrefix + version.ToString(CultureInfo.InvariantCulture), Put(values));
        }

        return new StateMessages.StateOffered(generation, content.Step, state.HashOfAll(), new StateBuffers(buffers));

        BundleReference Put(float[] values) => store.Put(new Bundle.Builder().Add(Content, values).Build(), owner);
    }

    /// <summary>Fetches an offered state and takes it over.</summary>
    /// <returns>Whether the state now has the offered bits; null: nothing was fetched and the state is as before.</returns>
    public static bool? Accept(StateMessages.StateOffered offer, TrainingState state, ExchangeNode exchange, CancellationToken stop)
    {
        var buffers = new Dictionary<string, float[]>(StringComparer.Ordinal);
        var offered = ((StateBuffers)offer.State).Buffers;
        foreach (var (name, reference) in offered.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            using var bundle = Take(reference, exchange, stop);
            if (bundle is null)
            {
                foreach (var other in offered.Values)
                {
                    exchange.Release(other);
                }

                return null;
            }

            buffers.Add(name, bundle.Get<float>(Content).ToArray());
        }

        var versions = buffers.Where(pair => pair.Key.StartsWith(VersionPrefix, StringComparison.Ordinal))
            .ToDictionary(pair => long.Parse(pair.Key[VersionPrefix.Length..], CultureInfo.InvariantCulture), pair => pair.Value);
        state.Restore(new SnapshotContent(offer.Step, buffers["student"], buffers["first"], buffers["second"], buffers["average"], versions));
        return state.HashOfAll() == offer.Hash;
    }

    private static Bundle? Take(BundleReference reference, ExchangeNode exchange, CancellationToken stop)
    {
        try
        {
            return exchange.Take(reference, stop);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }
}
