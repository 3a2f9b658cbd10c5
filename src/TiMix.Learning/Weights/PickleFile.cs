using System.IO.Compression;

namespace TiMix.Learning.Weights;

/// <summary>PyTorch's own files, which are not read here: a pickle runs whatever code it brings.</summary>
internal static class PickleFile
{
    private const byte Protocol = 0x80;
    private const int HeaderAt = 8;

    /// <summary>A sentence for whoever brings a pickle: what it is and how to convert it; null: the file is none.</summary>
    /// <param name="path">The file.</param>
    /// <param name="start">Its first nine bytes; fewer if it is shorter.</param>
    public static string? Refusal(string path, ReadOnlySpan<byte> start)
    {
        if (start.Length > HeaderAt && start[HeaderAt] == (byte)'{')
        {
            return null;
        }

        if (start.StartsWith("PK\u0003\u0004"u8))
        {
            return IsScript(path)
                ? Sentence(path, "a TorchScript archive of PyTorch", $"torch.jit.load('{path}', map_location='cpu').state_dict()")
                : Sentence(path, "a pickle of PyTorch", Load(path));
        }

        return start.Length > 1 && start[0] == Protocol && start[1] is >= 2 and <= 5 ? Sentence(path, "a pickle of PyTorch", Load(path)) : null;
    }

    private static string Load(string path) => $"torch.load('{path}', map_location='cpu')";

    private static string Sentence(string path, string what, string load) =>
        $"{path}: is {what}, which can run code when it is opened, and is not read; convert it where you trust it: "
        + $"python3 -c \"import torch; from safetensors.torch import save_file; w = {load}; "
        + $"save_file({{k: v.clone().contiguous() for k, v in w.get('state_dict', w).items() if hasattr(v, 'dtype')}}, "
            + $"'{Path.ChangeExtension(path, ".safetensors")}')\"";

    private static bool IsScript(string path)
    {
        try
        {
            using var archive = ZipFile.OpenRead(path);
            return archive.Entries.Any(entry => entry.FullName.EndsWith("/constants.pkl", StringComparison.Ordinal));
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }
}
