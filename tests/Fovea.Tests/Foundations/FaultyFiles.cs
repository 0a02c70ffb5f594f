using Fovea.Core.Files;

namespace Fovea.Tests.Foundations;

/// <summary>A disk with a fault: real files, until the fault strikes. Works under root too, which no permission stops.</summary>
internal sealed class FaultyFiles : IFileLayer
{
    private readonly DiskFiles _disk = DiskFiles.Instance;

    /// <summary>Bytes that may still be written before the disk is full; null: no end.</summary>
    public long? FreeBytes { get; set; }

    /// <summary>Whether nothing may be written.</summary>
    public bool ReadOnly { get; set; }

    /// <summary>Of each file, only so many bytes reach the disk, though all are acknowledged; null: all of them.</summary>
    public long? TornAt { get; set; }

    /// <summary>Renames that may still be made before the process "dies": the next and everything after it throws <see cref="Crash"/>; null: no end.</summary>
    public int? MovesBeforeCrash { get; set; }

    /// <summary>Bytes that may still be written before the process "dies"; null: no end.</summary>
    public long? BytesBeforeCrash { get; set; }

    /// <summary>Names of the files that were renamed to their place, in order.</summary>
    public List<string> Moved { get; } = [];

    private bool _dead;

    public void CreateFolder(string path)
    {
        Alive();
        _disk.CreateFolder(path);
    }

    public Stream Create(string path)
    {
        Writable(path);
        return new FaultyStream(this, _disk.Create(path), path);
    }

    public void FlushToDisk(Stream stream)
    {
        Alive();
        _disk.FlushToDisk(((FaultyStream)stream).Inner);
    }

    public void Move(string path, string newPath)
    {
        Writable(newPath);
        if (MovesBeforeCrash-- == 0)
        {
            Die();
        }

        _disk.Move(path, newPath);
        Moved.Add(Path.GetFileName(newPath));
    }

    public void Delete(string path)
    {
        Writable(path);
        _disk.Delete(path);
    }

    private void Writable(string path)
    {
        Alive();
        if (ReadOnly)
        {
            throw new IOException($"Read-only file system : '{path}'", 30);
        }
    }

    private void Alive()
    {
        if (_dead)
        {
            throw new Crash();
        }
    }

    private void Die()
    {
        _dead = true;
        throw new Crash();
    }

    /// <summary>Stands for the end of the process: nothing after it reaches the disk.</summary>
    internal sealed class Crash : Exception;

    private sealed class FaultyStream(FaultyFiles files, Stream inner, string path) : Stream
    {
        private long _written;

        public Stream Inner => inner;

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => _written;

        public override long Position { get => _written; set => throw new NotSupportedException(); }

        public override void Flush() => inner.Flush();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            files.Alive();
            if (files.BytesBeforeCrash is { } last && last < buffer.Length)
            {
                inner.Write(buffer[..(int)last]);
                inner.Flush();
                files.Die();
            }

            files.BytesBeforeCrash -= buffer.Length;
            if (files.FreeBytes is { } free && free < buffer.Length)
            {
                inner.Write(buffer[..(int)free]);
                files.FreeBytes = 0;
                throw new IOException($"No space left on device : '{path}'", 28);
            }

            files.FreeBytes -= buffer.Length;
            var reaching = files.TornAt is { } torn ? Math.Clamp(torn - _written, 0, buffer.Length) : buffer.Length;
            inner.Write(buffer[..(int)reaching]);
            _written += buffer.Length;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                inner.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
