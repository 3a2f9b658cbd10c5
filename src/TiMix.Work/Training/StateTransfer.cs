using System.Globalization;
using System.Runtime.InteropServices;
using TiMix.Exchange;
using TiMix.Exchange.Bundles;
using TiMix.Learning.Model;
using TiMix.Protocol.Messages;
using TiMix.Runs.Snapshots;

namespace TiMix.Work.Training;

/// <summary>A trainer's whole state as bundles, one a buffer, and what steps do to it, and back.</summary>
public static class StateTransfer
{
    private const string Content = "values";
    private const string VersionPrefix = "version.";

    /// <summary>
    /// Puts a copy of the state into the node's store. It is written there straight from the buffers: copies on the managed heap would stay for long after
    /// each change of trainers.
    /// </summary>
    /// <param name="state">Must not change meanwhile.</param>
    /// <param name="generation">Of the view that asks.</param>
    /// <param name="store">The node's.</param>
    /// <param name="owner">Whose the bundles are until they are fetched.</param>
    /// <exception cref="StateDamagedException">It is damaged; nothing is in the store.</exception>
    public static StateMessages.StateOffered Offer(TrainingState state, long generation, BundleStore store, string owner)
    {
        var hash = state.HashOfAll();
        var buffers = new Dictionary<string, BundleReference>(StringComparer.Ordinal)
        {
            ["student"] = Put(state.Student, store, owner),
            ["first"] = Put(state.Optimizer.First, store, owner),
            ["second"] = Put(state.Optimizer.Second, store, owner),
            ["average"] = Put(state.Average, store, owner),
        };
        foreach (var (version, values) in state.Versions)
        {
            buffers.Add(VersionPrefix + version.ToString(CultureInfo.InvariantCulture), store.Put(new Bundle.Builder().Add(Content, values).Build(), owner));
        }

        return new StateMessages.StateOffered(generation, state.Step, hash, new StateBuffers(buffers));
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

    /// <summary>Puts a copy of a step's sum into the node's store.</summary>
    public static StepSum Offer(ParameterBuffer sum, BundleStore store, string owner) => new(Put(sum, store, owner));

    /// <summary>Fetches an offered sum and does to the state what the step did.</summary>
    /// <returns>Whether the state is now what it is said to be.</returns>
    public static bool Follow(
        StateMessages.SumOffered offer, TrainingState state, TrainingStep step, ExchangeNode exchange, CancellationToken stop)
    {
        using var bundle = Take(((StepSum)offer.Sum).Sum, exchange, stop);
        if (bundle is null || state.Step != offer.Step - 1 || bundle.Get<float>(Content).Length != state.Layout.Length)
        {
            return false;
        }

        step.Follow(bundle.Get<float>(Content));
        return state.Step == offer.Step && TextOf(state.Expected) == offer.Hash;
    }

    /// <summary>How a hash is written in messages.</summary>
    public static string TextOf(ulong hash) => hash.ToString("x16", CultureInfo.InvariantCulture);

    private static BundleReference Put(ParameterBuffer buffer, BundleStore store, string owner) => store.Put(
        new Bundle.Builder().Add(
            Content, checked(buffer.Host().Length * sizeof(float)),
            destination => MemoryMarshal.AsBytes(buffer.Host()).CopyTo(destination)).Build(),
        owner);

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
