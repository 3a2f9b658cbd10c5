using System.Globalization;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using TiMix.Base;
using TiMix.Learning.Model;
using TiMix.Learning.Objectives;
using TiMix.Learning.Optimization;
using TiMix.Runs.Recipes;
using TiMix.Runs.Snapshots;
using static TorchSharp.torch;

namespace TiMix.Work.Training;

/// <summary>All that a trainer changes while it trains: parameters, moments, the average and the published versions of it.</summary>
public sealed class TrainingState : IDisposable
{
    private readonly Recipe _recipe;
    private readonly SortedDictionary<long, float[]> _versions = [];

    /// <summary>A fresh state of step 0: drawn from the recipe's seed, or taken from the file that it names.</summary>
    /// <exception cref="RunError">That file is not the one, or does not fit.</exception>
    public TrainingState(Recipe recipe, ModelConfig model, Device device)
    {
        _recipe = recipe;
        Model = model;
        Layout = DualEncoder.LayoutOf(model);
        Student = new ParameterBuffer(Layout, device);
        Average = new ParameterBuffer(Layout, device);
        Student.InitializeFrom(recipe.Run.Seed);
        IReadOnlySet<string>? pretrained = null;
        if (recipe.Model.Init.Length > 0)
        {
            var values = Student.ToArray();
            pretrained = InitialWeights.Read(recipe, Layout, values)?.Taken.ToHashSet(StringComparer.Ordinal);
            Student.CopyFrom(values);
        }

        Optimizer = new AdamW(Layout, recipe.AdamWOptions(), device, pretrained);

        Average.CopyFrom(Student);
        _versions.Add(0, Average.ToArray());
        Expected = HashOfReplica();
    }

    /// <summary>Sizes of the model.</summary>
    public ModelConfig Model { get; }

    /// <summary>Layout of every flat buffer here.</summary>
    public ParameterLayout Layout { get; }

    /// <summary>Steps applied so far.</summary>
    public long Step { get; private set; }

    /// <summary>What is trained.</summary>
    public ParameterBuffer Student { get; }

    /// <summary>Exponential moving average of the student.</summary>
    public ParameterBuffer Average { get; }

    /// <summary>AdamW with its moments.</summary>
    public AdamW Optimizer { get; }

    /// <summary>Published versions of the teacher that are still needed, oldest first; key v: the average as of step v·K.</summary>
    public IReadOnlyDictionary<long, float[]> Versions => _versions;

    /// <summary>XXH3 of parameters and average as of the last step; every replica has the same.</summary>
    public ulong Expected { get; private set; }

    /// <summary>XXH3 of the whole state, moments and versions of the teacher included, in hexadecimal digits.</summary>
    /// <exception cref="StateDamagedException">It is damaged: two trainers that hash different bits could each be taken for right.</exception>
    public string HashOfAll()
    {
        CheckIntact();
        var hash = new XxHash3();
        foreach (var buffer in new[] { Student, Average, Optimizer.First, Optimizer.Second })
        {
            hash.Append(MemoryMarshal.AsBytes(buffer.Host()));
        }

        foreach (var (version, values) in _versions)
        {
            hash.Append(MemoryMarshal.AsBytes<long>([version]));
            hash.Append(MemoryMarshal.AsBytes<float>(values));
        }

        return hash.GetCurrentHashAsUInt64().ToString("x16", CultureInfo.InvariantCulture);
    }

    /// <summary>
    /// Makes sure that the parameters are still those of the last step. Asked after the gradients are computed and before they
    /// are given away, so that a flipped bit never reaches a sum.
    /// </summary>
    /// <exception cref="StateDamagedException">They are not.</exception>
    public void CheckIntact()
    {
        if (HashOfReplica() != Expected)
        {
            throw new StateDamagedException($"the parameters after step {Step} are not what they were when the step was applied: memory was damaged");
        }
    }

    /// <summary>Fault injection: flips one bit of a parameter.</summary>
    public void FlipBit()
    {
        var values = Student.ToArray();
        ref var bits = ref MemoryMarshal.Cast<float, uint>(values.AsSpan())[values.Length / 3];
        bits ^= 1u << 12;
        Student.CopyFrom(values);
    }

    /// <summary>One optimizer step from the summed gradient.</summary>
    /// <returns>The gradient norm before clipping; not finite: nothing was changed.</returns>
    public double Apply(ParameterBuffer gradients, StepSettings settings)
    {
        var norm = Optimizer.Step(Student, gradients, settings.LearningRate, Step + 1, _recipe.Optimization.ClipNorm, settings.PretrainedLearningRate);
        if (!double.IsFinite(norm))
        {
            return norm;
        }

        Ema.Update(Average, Student, _recipe.Teacher.Decay);
        Step++;
        Expected = HashOfReplica();
        return norm;
    }

    /// <summary>The version that is due right after a step, if any: kept here for the snapshot and returned for the mixer.</summary>
    public (long Version, float[] Values)? PublishIfDue()
    {
        if (Step % _recipe.Teacher.RefreshEvery != 0)
        {
            return null;
        }

        var version = Step / _recipe.Teacher.RefreshEvery;
        _versions[version] = Average.ToArray();
        foreach (var old in _versions.Keys.Where(key => key < _recipe.Plan().TeacherVersionAt(Step)).ToList())
        {
            _versions.Remove(old);
        }

        return (version, _versions[version]);
    }

    /// <summary>A copy of the state as it is now.</summary>
    /// <exception cref="StateDamagedException">It is damaged, and nothing to go on from.</exception>
    public SnapshotContent Capture()
    {
        CheckIntact();
        return new SnapshotContent(
            Step, Student.ToArray(), Optimizer.First.ToArray(), Optimizer.Second.ToArray(), Average.ToArray(),
            new SortedDictionary<long, float[]>(_versions.ToDictionary(pair => pair.Key, pair => pair.Value)));
    }

    /// <summary>Takes over what a snapshot holds.</summary>
    public void Restore(SnapshotContent content)
    {
        Step = content.Step;
        Student.CopyFrom(content.Student);
        Average.CopyFrom(content.Average);
        Optimizer.Restore(content.First, content.Second);
        _versions.Clear();
        foreach (var (version, values) in content.Versions)
        {
            _versions.Add(version, values);
        }

        Expected = HashOfReplica();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Student.Dispose();
        Average.Dispose();
        Optimizer.Dispose();
    }

    private ulong HashOfReplica()
    {
        var hash = new XxHash3();
        hash.Append(MemoryMarshal.AsBytes(Student.Host()));
        hash.Append(MemoryMarshal.AsBytes(Average.Host()));
        return hash.GetCurrentHashAsUInt64();
    }
}
