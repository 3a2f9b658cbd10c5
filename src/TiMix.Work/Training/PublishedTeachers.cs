using System.Collections.Concurrent;
using TiMix.Exchange.Bundles;
using TiMix.Protocol.Messages;
using TiMix.Protocol.Training;
using TiMix.Work.Compute;
using TiMix.Work.Mixing;

namespace TiMix.Work.Training;

/// <summary>Versions of the teacher that a trainer keeps, and a thread that makes bundles of them.</summary>
/// <param name="store">The node's.</param>
/// <param name="owner">Whose the bundles are until they are fetched.</param>
public sealed class PublishedTeachers(BundleStore store, string owner) : IDisposable
{
    private readonly ConcurrentDictionary<(long Lineage, long Version), float[]> _versions = [];
    private readonly ComputeThread _thread = new("teacher publisher");

    /// <summary>Keeps a version, which does not change any more.</summary>
    public void Keep(long lineage, long version, float[] values) => _versions[(lineage, version)] = values;

    /// <summary>Puts one into the store for a mixer.</summary>
    public Task<IInput> Pack(TrainerEffects.PackTeacher wanted)
    {
        var values = _versions[(wanted.Lineage, wanted.Version)];
        return _thread.Run<IInput>(() => new TrainerInputs.TeacherPacked(
            wanted.To, wanted.Lineage, wanted.Version, new TeacherParameters(store.Put(new Bundle.Builder().Add("parameters", values).Build(), owner))));
    }

    /// <summary>Forgets one.</summary>
    public void Drop(TrainerEffects.DropTeacher unwanted) => _versions.TryRemove((unwanted.Lineage, unwanted.Version), out _);

    /// <inheritdoc/>
    public void Dispose() => _thread.Dispose();
}
