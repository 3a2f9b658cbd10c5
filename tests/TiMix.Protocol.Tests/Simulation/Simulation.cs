using System.Diagnostics.CodeAnalysis;

namespace TiMix.Protocol.Tests.Simulation;

/// <summary>Runs a simulation; when it fails, runs it again with its trace and says all that is needed to look into it.</summary>
internal static class Simulation
{
    /// <summary>Runs it to the end of the run, or until something is true.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "Whatever goes wrong inside is a finding of the simulation.")]
    public static Cluster Run(SimulationSettings settings, Func<Cluster, bool>? until = null)
    {
        try
        {
            return new Cluster(settings).Run(until);
        }
        catch (Exception found) when (found is not Xunit.Sdk.XunitException)
        {
            Assert.Fail(Explain(settings, until));
            throw;
        }
    }

    /// <summary>What goes wrong, with all that led to it.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "Whatever goes wrong inside is a finding of the simulation.")]
    public static string Explain(SimulationSettings settings, Func<Cluster, bool>? until = null)
    {
        var again = new Cluster(settings, trace: true);
        var what = $"The trace of {settings.Seed} does not show it again; it depends on something else than its seed.";
        try
        {
            again.Run(until);
        }
        catch (Exception same) when (same is not Xunit.Sdk.XunitException)
        {
            what = same is SimulationFailure ? same.Message : same.ToString();
        }

        return $"{what}\n{settings}\n{again.Log}\n{what} (seed {settings.Seed})";
    }
}
