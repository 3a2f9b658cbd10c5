using TiMix.Actors.Recipes;
using TiMix.Exchange.Bundles;
using TiMix.Learning;
using static TorchSharp.torch;

namespace TiMix.Actors.Training;

/// <summary>All that a trainer changes while it trains: parameters, moments, the average and the published versions of it.</summary>
public sealed class TrainingState : IDisposable
{
    private readonly Recipe _recipe;
    private readonly SortedDictionary<long, float[]> _versions = [];

    /// <summary>A fresh state of step 0, drawn from the recipe's seed.</summary>
    public TrainingState(Recipe recipe, ModelConfig model, Device device)
    {
        _recipe = recipe;
        Model = model;
        Layout = DualEncoder.LayoutOf(model);
        Student = new ParameterBuffer(Layout, device);
        Average = new ParameterBuffer(Layout, device);
        Optimizer = new AdamW(Layout, recipe.AdamWOptions(), device);
        Student.InitializeFrom(recipe.Run.Seed);
        Average.CopyFrom(Student);
        _versions.Add(0, Average.ToArray());
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

    /// <summary>One optimizer step from the summed gradient.</summary>
    /// <returns>The gradient norm before clipping; not finite: nothing was changed.</returns>
    public double Apply(ParameterBuffer gradients, StepSettings settings)
    {
        var norm = Optimizer.Step(Student, gradients, settings.LearningRate, Step + 1, _recipe.Optimization.ClipNorm);
        if (!double.IsFinite(norm))
        {
            return norm;
        }

        Ema.Update(Average, Student, _recipe.Teacher.Decay);
        Step++;
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
        foreach (var old in _versions.Keys.Where(key => key < _recipe.TeacherVersionAt(Step)).ToList())
        {
            _versions.Remove(old);
        }

        return (version, _versions[version]);
    }

    /// <summary>Takes over what a snapshot holds.</summary>
    public void Restore(long step, ReadOnlySpan<float> student, ReadOnlySpan<float> first, ReadOnlySpan<float> second, ReadOnlySpan<float> average, IReadOnlyDictionary<long, float[]> versions)
    {
        Step = step;
        Student.CopyFrom(student);
        Average.CopyFrom(average);
        Optimizer.Restore(first, second);
        _versions.Clear();
        foreach (var (version, values) in versions)
        {
            _versions.Add(version, values);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Student.Dispose();
        Average.Dispose();
        Optimizer.Dispose();
    }
}
