using TorchSharp;
using static TorchSharp.torch;

namespace TiMix.Learning.Runtime;

/// <summary>Token ids as a tensor without the columns that are padding in every row.</summary>
public static class TokenMatrix
{
    /// <param name="tokens">[rows, L] ids, padded at the end with 0.</param>
    /// <param name="rows">At least 1.</param>
    /// <param name="device">Where the tensor is to live.</param>
    /// <returns>int64 [rows, length of the longest row].</returns>
    public static Tensor Of(int[] tokens, int rows, Device device)
    {
        var length = tokens.Length / rows;
        var used = 1;
        for (var i = 0; i < tokens.Length; i++)
        {
            if (tokens[i] != 0)
            {
                used = Math.Max(used, (i % length) + 1);
            }
        }

        var ids = new long[rows * used];
        for (var row = 0; row < rows; row++)
        {
            for (var column = 0; column < used; column++)
            {
                ids[(row * used) + column] = tokens[(row * length) + column];
            }
        }

        return tensor(ids, [rows, used], device: device);
    }
}
