using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using TiMix.Base;
using TiMix.Protocol.Values;
using TiMix.Runs.Recipes;
using TiMix.Runs.Records;

namespace TiMix.Actors.Nodes;

/// <summary>What a node says of itself to be taken in.</summary>
internal static class NodeClaim
{
    private static readonly string Version =
        (typeof(NodeClaim).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "?").Split('+')[0];

    /// <summary>Asked for each time it is said: the directory may come up after the node.</summary>
    /// <param name="options">The node.</param>
    /// <param name="directory">Of the run, as this machine sees it.</param>
    /// <param name="address">host:port of the node.</param>
    public static Func<JoinClaim> Of(NodeOptions options, RunDirectory directory, string address)
    {
        var (since, identity) = (TimeProvider.System.GetTimestamp(), IdentityOf(options, directory));
        return () =>
        {
            identity = identity.RunId is null ? identity with { RunId = directory.Id } : identity;
            return new JoinClaim(identity, options.Roles, address, TimeProvider.System.GetElapsedTime(since).TotalSeconds);
        };
    }

    /// <summary>The run as this node knows it.</summary>
    public static RunIdentity IdentityOf(NodeOptions options, RunDirectory directory)
    {
        var recipe = options.Roles.Contains(NodeRoles.Coordinator) ? options.Recipe ?? directory.ReadRecipe() : null;
        return new RunIdentity(
            options.RunName, Version, Path.GetFullPath(directory.Path), directory.Id,
            recipe is null ? null : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(RecipeFile.Write(recipe.WithFullPaths())))));
    }
}
