using TiMix.Protocol.Messages;

namespace TiMix.Protocol.Training;

/// <summary>Versions of the teacher that this trainer keeps for mixers: the newest of its lineage.</summary>
public sealed partial class TrainerCore
{
    /// <summary>Steps that are mixed ahead may want an older version than the one that the current step wants.</summary>
    private const long OlderVersionsKept = 2;

    private readonly SortedSet<long> _teachers = [];

    /// <summary>
    /// The version that the last step completed. No mixer gets it before the replicas have compared the states it is made from: one of
    /// them may be wrong, and what a mixer has of a lineage stays. It is in time: the first step that it serves is a later one.
    /// </summary>
    private long? _uncompared;

    /// <summary>
    /// The versions in the state that a view begins with. It may lie behind one that this trainer had before, in the same lineage: later
    /// versions would keep those from staying that are to be made again.
    /// </summary>
    private void BeginWithTeachers(long lineage, IReadOnlyList<long> versions)
    {
        if (lineage == _lineage)
        {
            DropTeachers(_teachers.Where(version => versions.All(held => version > held)));
        }

        // Who has followed has compared nothing yet.
        _uncompared = versions.Where(version => _protocol.Began >= 0 && version * plan.TeacherRefreshEvery == _protocol.Began).Cast<long?>().FirstOrDefault();
        KeepTeachers(lineage, [.. versions.Where(version => version != _uncompared)]);
    }

    /// <summary>The first trainer of the view tells all mixers of a version; the others keep it for those who ask.</summary>
    private void KeepTeachers(long lineage, IReadOnlyList<long> versions)
    {
        if (lineage != _lineage)
        {
            _effects.AddRange(versions.Select(version => new TrainerEffects.DropTeacher(lineage, version)));
            return;
        }

        foreach (var version in versions)
        {
            _teachers.Add(version);
            if (IsFirst)
            {
                _effects.AddRange(_services.Mixers.Select(mixer => new TrainerEffects.PackTeacher(mixer, lineage, version)));
            }
        }

        DropTeachers(_teachers.Where(version => version < _teachers.Max - OlderVersionsKept));
    }

    /// <summary>The view is over: the next one begins with states that are compared, and collects the versions in them.</summary>
    private void DropUncompared()
    {
        if (_uncompared is { } version)
        {
            _uncompared = null;
            _effects.Add(new TrainerEffects.DropTeacher(_lineage, version));
        }
    }

    private void DropTeachers(IEnumerable<long> versions)
    {
        foreach (var version in versions.ToList())
        {
            _teachers.Remove(version);
            _effects.Add(new TrainerEffects.DropTeacher(_lineage, version));
        }
    }

    private void Publish(string mixer, MixerMessages.WantTeacher want)
    {
        if (want.Lineage == _lineage && _teachers.Contains(want.Version))
        {
            _effects.Add(new TrainerEffects.PackTeacher(mixer, want.Lineage, want.Version));
        }
    }
}
